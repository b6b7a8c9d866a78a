export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

// All three call `ocpctl __complete -- WORDS…`, which prints a candidate a line, its description after a tab, or nothing where the
// shell is to offer files. macOS has bash 3.2, without the helpers of bash-completion.

const BASH = `# ocpctl completion for bash. In ~/.bashrc: source <(ocpctl completion bash)
_ocpctl() {
  local line current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    # bash has split the word at "=", and replaces only what follows it.
    case $line in --*=*) [[ $current == --* ]] || line=\${line#*=} ;; esac
    COMPREPLY+=("$(printf '%q' "$line")")
  done < <(ocpctl __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _ocpctl ocpctl
`;

const ZSH = `#compdef ocpctl
# ocpctl completion for zsh. In ~/.zshrc, after compinit: source <(ocpctl completion zsh)
_ocpctl() {
  local line
  local -a candidates
  while IFS= read -r line; do
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${(M)line:#*$'\\t'*}:+:\${line#*$'\\t'}}")
  done < <(ocpctl __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then _describe -V ocpctl candidates; else _files; fi
}
compdef _ocpctl ocpctl
`;

const FISH = `# ocpctl completion for fish. In ~/.config/fish/config.fish: ocpctl completion fish | source
function __ocpctl_complete
  set -l words (commandline -opc)
  set -l candidates (ocpctl __complete -- $words[2..] (commandline -ct) 2>/dev/null)
  if test (count $candidates) -gt 0
    printf '%s\\n' $candidates
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c ocpctl -f -k -a '(__ocpctl_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
