import { join } from 'node:path';
import type { InstanceSpec } from '../../runtime/runtime.ts';
import type { PostgresPrograms } from './postgres-programs.ts';

/** For this program, beside those of the logins: two while a password is changed. */
const ADMIN_CONNECTIONS = 10;
/** Of the memory of the instance; the rest is for sessions. */
const SHARED_BUFFERS_SHARE = 4;
const PIDS = 64;

export interface ServerOptions {
  readonly instanceId: string;
  readonly environmentId: string;
  readonly databaseId: string;
  readonly name: string;
  readonly volume: string;
  readonly port: number;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly connectionLimit: number;
}

/** The instance of a PostgreSQL server. Its port is its own, not of the runtime: URLs of it are sealed in releases. */
export function postgresInstance(programs: PostgresPrograms, options: ServerOptions): InstanceSpec {
  const { volume, port, memoryMb, connectionLimit } = options;
  const maxConnections = 2 * connectionLimit + ADMIN_CONNECTIONS;
  const parameters = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    // Logins have passwords; a socket would have none of the limits of files.
    'unix_socket_directories=',
    `max_connections=${maxConnections}`,
    `shared_buffers=${Math.max(16, Math.floor(memoryMb / SHARED_BUFFERS_SHARE))}MB`,
    'password_encryption=scram-sha-256',
    'logging_collector=off',
  ];
  return {
    id: options.instanceId,
    environmentId: options.environmentId,
    ownerId: options.databaseId,
    release: 1,
    replica: 1,
    artifact: { kind: 'host', directory: '/' },
    command: [
      join(programs.directory, 'postgres'),
      '-D',
      join(volume, 'data'),
      ...parameters.flatMap((parameter) => ['-c', parameter]),
    ],
    variables: { LANG: 'C.UTF-8', TZ: 'UTC' },
    listens: false,
    limits: { memoryMb, cpus: options.cpus, pids: maxConnections + PIDS },
    mounts: [{ source: volume, target: volume }],
    aliases: [options.name],
  };
}
