/** Whatever a shell gives a meaning beyond words and quotes. */
const SHELL_SYNTAX = /[|&;<>()$`\\*?[\]#~!{}\n]|^\s*\w+=/;
/** The part of it that one program with expanded variables has. */
const ONLY_VARIABLES = /^(?!\s*\w+=)[^|&;<>()`\\\n#!]*$/;
const WORD = /"([^"]*)"|'([^']*)'|([^\s"']+)/g;

/** A plain command is run as its words; anything else by a shell, which a single command replaces so that signals reach it. */
export function commandWords(command: string): readonly string[] {
  const text = command.trim();
  if (SHELL_SYNTAX.test(text) || hasOpenQuote(text)) {
    return ['/bin/sh', '-c', ONLY_VARIABLES.test(text) && isProgram(text) ? `exec ${text}` : text];
  }
  return splitWords(text);
}

/** Adjacent parts are one word: `--name="a b"`. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let end = -1;
  for (const match of text.matchAll(WORD)) {
    const part = match[1] ?? match[2] ?? match[3] ?? '';
    if (match.index === end) words.push(`${words.pop() ?? ''}${part}`);
    else words.push(part);
    end = match.index + match[0].length;
  }
  return words;
}

function hasOpenQuote(text: string): boolean {
  return /["']/.test(text.replace(WORD, ''));
}

/** What a shell does itself cannot be replaced by a program. */
function isProgram(text: string): boolean {
  return !/^(cd|exec|export|set|source|\.|if|for|while|until|case|trap|ulimit|umask|unset|eval)\b/.test(text);
}

const PATH_PREFIX = /^export PATH="\$PWD\/[^"]*"; (exec )?/;

/** Has the programs of packages that are installed below the working directory found, as package managers do. */
export function withPackagePrograms(argv: readonly string[], directory: string): readonly string[] {
  const path = `export PATH="$PWD/${directory}:$PATH";`;
  const [shell, flag, text, ...rest] = argv;
  if (shell === '/bin/sh' && flag === '-c' && text !== undefined)
    return [shell, flag, `${path} ${text}`, ...rest];
  return ['/bin/sh', '-c', `${path} exec "$@"`, 'sh', ...argv];
}

/** @returns a command as a person would type it */
export function shownCommand(argv: readonly string[]): string {
  const [shell, flag, text = '', , ...words] = argv;
  if (shell === '/bin/sh' && flag === '-c') {
    const shown = text.replace(PATH_PREFIX, '').replace(/^exec /, '');
    return shown === '"$@"' ? shownCommand(words) : shown;
  }
  return argv.map((word) => (/^[\w@%+=:,./^~<>-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}
