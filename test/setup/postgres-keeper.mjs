// Runs a PostgreSQL server for as long as its standard input is open, so that no server outlives the tests however they end.
// argv: one JSON of {postgres, directory, port, uid?, gid?}
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const { postgres, directory, port, uid, gid } = JSON.parse(process.argv[2] ?? '');
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'autovacuum=off',
  'max_connections=200',
];
const server = spawn(
  postgres,
  ['-D', join(directory, 'data'), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
  { uid, gid, cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] },
);

server.on('exit', () => {
  rmSync(directory, { recursive: true, force: true });
  process.exit();
});
process.stdin.resume();
process.stdin.on('close', () => server.kill('SIGQUIT')); // immediate shutdown: the data is thrown away
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the tests end first and close our input
process.on('SIGTERM', () => server.kill('SIGQUIT'));
