// Runs a PostgreSQL server for as long as its standard input is open, so that no server outlives the tests however they end.
// A line on it (`crash`) kills the server as a power cut would, and starts it again on the same data.
// argv: one JSON of {postgres, directory, port, settings, uid?, gid?}
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const { postgres, directory, port, settings: given, uid, gid } = JSON.parse(process.argv[2] ?? '');
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'autovacuum=off',
  // It dies as a process, not with the machine: what it wrote is there without, and a recovery syncs nothing first.
  'fsync=off',
  // Against pages of which a power cut wrote half.
  'full_page_writes=off',
  'max_connections=200',
  ...given,
];
/** The backends of a killed server need a moment to notice; until then a new one refuses the data. */
const AGAIN_AFTER_MS = 200;
let server = start();
let crashed = false;
let closing = false;

function start() {
  const started = spawn(
    postgres,
    ['-D', join(directory, 'data'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { uid, gid, cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  started.on('exit', onExit);
  return started;
}

function onExit() {
  if (crashed && !closing) {
    setTimeout(() => {
      server = start();
    }, AGAIN_AFTER_MS);
    return;
  }
  rmSync(directory, { recursive: true, force: true });
  process.exit();
}

function close() {
  closing = true;
  if (server.exitCode === null && server.signalCode === null)
    server.kill('SIGQUIT'); // immediate shutdown: the data is thrown away
  else onExit();
}

process.stdin.on('data', () => {
  crashed = true;
  server.kill('SIGKILL');
});
process.stdin.on('close', close);
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the tests end first and close our input
process.on('SIGTERM', close);
