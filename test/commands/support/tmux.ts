import { execFile, spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { ENTRY } from './run-cli.ts';

const run = promisify(execFile);

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;
if (!hasTmux) process.stderr.write('SKIPPED: tests of terminals need tmux, which is not installed\n');

let count = 0;

/** The command line in a real terminal, whose screen can be read and typed into. */
export interface Terminal {
  /** @returns the screen as soon as it has a text */
  until(text: string): Promise<string>;
  /** Types a line. */
  enter(line: string): Promise<void>;
  /** Presses a key by its name of tmux: `C-c`. */
  press(key: string): Promise<void>;
}

/** The last line of the screen is `EXIT CODE` when the command has ended. */
export async function openTerminal(
  [columns, rows]: readonly [columns: number, rows: number],
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Terminal> {
  const socket = `ocpctl-test-${process.pid}-${++count}`;
  const tmux = (...args: string[]) =>
    run('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
      env: {
        PATH: process.env['PATH'],
        OCPCTL_CONFIG_DIR: '/nonexistent',
        LANG: 'C.UTF-8',
        TERM: 'xterm-256color',
        ...env,
      },
    });
  // The variable TERM of a pane is tmux's own.
  const term = env['TERM'] === undefined ? '' : `TERM=${env['TERM']} `;
  const command = [process.execPath, ENTRY, ...argv].map((word) => `'${word}'`).join(' ');
  const size = ['-x', String(columns), '-y', String(rows)];
  await tmux('-u', 'new-session', '-d', ...size, `${term}${command}; echo EXIT $?; exec cat`);
  onTestFinished(async () => {
    await tmux('kill-server');
  });
  // A client in control mode tells each change of the screen.
  const watcher = spawn('tmux', ['-L', socket, '-C', 'attach'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const changes = new EventEmitter();
  watcher.stdout.on('data', () => changes.emit('change'));
  await once(changes, 'change');
  const screen = async () => (await tmux('capture-pane', '-p', '-J')).stdout;
  return {
    async until(text) {
      for (;;) {
        const changed = once(changes, 'change');
        const shown = await screen();
        if (shown.includes(text)) return shown;
        await changed;
      }
    },
    async enter(line) {
      if (line !== '') await tmux('send-keys', '-l', line);
      await tmux('send-keys', 'Enter');
    },
    async press(key) {
      await tmux('send-keys', key);
    },
  };
}
