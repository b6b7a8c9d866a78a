import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface ShellStart {
  readonly words: readonly [string, ...string[]];
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The shell of the user: without a terminal it reads commands from stdin; with one it is interactive, with the name of the cluster in the prompt of bash and zsh; other shells keep their prompt.
 * @param folder for the start-up files, which read those of the user first
 */
export async function shellOfUser(
  env: NodeJS.ProcessEnv,
  name: string,
  { folder, isInteractive }: { readonly folder: string; readonly isInteractive: boolean },
): Promise<ShellStart> {
  const shell = env['SHELL'] || '/bin/sh';
  // Commands from a pipe: no prompt, no start-up files, and the end of the input is the end of the shell.
  if (!isInteractive) return { words: [shell], variables: {} };
  // It becomes a part of a script. A name of another form is not one of ocpctl.
  const label = /^[a-z0-9-]{1,63}$/.test(name) ? name : 'cluster';
  switch (basename(shell)) {
    case 'bash': {
      const file = join(folder, 'bashrc');
      await writeFile(file, `[ -r ~/.bashrc ] && . ~/.bashrc\nPS1="(${label}) $PS1"\n`);
      return { words: [shell, '--rcfile', file, '-i'], variables: {} };
    }
    case 'zsh': {
      const own = '$' + '{OCPCTL_ZDOTDIR:-$HOME}';
      await writeFile(join(folder, '.zshenv'), `[ -r "${own}/.zshenv" ] && . "${own}/.zshenv"\n`);
      const rc = [
        `ZDOTDIR="${own}"`,
        'unset OCPCTL_ZDOTDIR',
        '[ -r "$ZDOTDIR/.zshrc" ] && . "$ZDOTDIR/.zshrc"',
      ];
      await writeFile(join(folder, '.zshrc'), `${rc.join('\n')}\nPROMPT="(${label}) $PROMPT"\n`);
      return { words: [shell, '-i'], variables: { ZDOTDIR: folder, OCPCTL_ZDOTDIR: env['ZDOTDIR'] ?? '' } };
    }
    default:
      return { words: [shell], variables: {} };
  }
}
