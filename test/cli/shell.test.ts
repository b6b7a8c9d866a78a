import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shellOfUser } from '../../src/cli/run/shell.ts';
import { temporaryFolder } from '../commands/support/run-cli.ts';

const SHELLS = ['bash', 'zsh'].map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim());

/** Starts the shell with a home of its own, and gives it commands. */
async function run(shell: string, name: string, input: string, isInteractive = true) {
  const home = temporaryFolder();
  const folder = temporaryFolder();
  writeFileSync(join(home, '.bashrc'), 'PS1="mine> "; echo read-rc\n');
  writeFileSync(join(home, '.zshrc'), 'PROMPT="mine> "; echo read-rc; HISTFILE=$ZDOTDIR/history\n');
  writeFileSync(join(home, '.zshenv'), 'echo read-env\n');
  const env = { HOME: home, SHELL: shell, PATH: process.env['PATH'], TERM: 'dumb' };
  const { words, variables } = await shellOfUser(env, name, { folder, isInteractive });
  const [file, ...argv] = words;
  const { stdout } = spawnSync(file, argv, { env: { ...env, ...variables }, input, encoding: 'utf8' });
  return { stdout, home, folder };
}

describe('a shell for a cluster', () => {
  it.skipIf(SHELLS[0] === '')('bash has the name in its prompt, after the settings of the user', async () => {
    const { stdout } = await run(SHELLS[0] ?? '', 'demo-1', 'echo "prompt=$PS1"\n');
    expect(stdout).toContain('read-rc\n');
    expect(stdout).toContain('prompt=(demo-1) mine> ');
  });

  it.skipIf(SHELLS[1] === '')('zsh too, and what the user has beside .zshrc stays', async () => {
    const { stdout, home } = await run(
      SHELLS[1] ?? '',
      'demo-1',
      'echo "prompt=$PROMPT; $ZDOTDIR; $HISTFILE"\n',
    );
    expect(stdout).toContain('read-env\n');
    expect(stdout).toContain(`prompt=(demo-1) mine> ; ${home}; ${home}/history`);
  });

  it.each(SHELLS.filter((shell) => shell !== ''))(
    '%s runs commands of a pipe, and nothing else',
    async (shell) => {
      const { stdout } = await run(shell, 'demo-1', 'echo one\necho two\n', false);
      expect(stdout.replace('read-env\n', '')).toBe('one\ntwo\n');
    },
  );

  it.each(SHELLS.filter((shell) => shell !== ''))('%s runs no name of a cluster', async (shell) => {
    const { stdout, home } = await run(shell, '$(touch $HOME/ran)`touch $HOME/ran`', 'echo "prompt=$PS1"\n');
    expect(stdout).toContain('prompt=(cluster) ');
    expect(existsSync(join(home, 'ran'))).toBe(false);
  });
});
