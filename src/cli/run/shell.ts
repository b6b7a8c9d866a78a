import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface ShellStart {
  readonly words: readonly [string, ...string[]];
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The shell of the user, interactive, with the name of the cluster in the prompt of bash and zsh; other shells keep their prompt.
 * @param folder for the start-up file, which reads that of the user first
 */
export async function interactiveShell(
  env: NodeJS.ProcessEnv,
  name: string,
  folder: string,
): Promise<ShellStart> {
  const shell = env['SHELL'] || '/bin/sh';
  switch (basename(shell)) {
    case 'bash': {
      const file = join(folder, 'bashrc');
      await writeFile(file, `[ -r ~/.bashrc ] && . ~/.bashrc\nPS1="(${name}) $PS1"\n`);
      return { words: [shell, '--rcfile', file, '-i'], variables: {} };
    }
    case 'zsh': {
      const home = `\${ZDOTDIR_BEFORE:-$HOME}`;
      await writeFile(
        join(folder, '.zshrc'),
        `[ -r "${home}/.zshrc" ] && . "${home}/.zshrc"\nZDOTDIR="${home}"\nPROMPT="(${name}) $PROMPT"\n`,
      );
      const variables = { ZDOTDIR: folder, ZDOTDIR_BEFORE: env['ZDOTDIR'] ?? '' };
      return { words: [shell, '-i'], variables };
    }
    default:
      return { words: [shell], variables: {} };
  }
}
