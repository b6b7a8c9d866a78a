import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RuntimeStatus } from '../runtime.ts';
import { findClosedFolder } from './closed-folder.ts';
import { ENVIRONMENT_USERS } from './environment-users.ts';

const SYSTEM_PATH = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

/** What this host lets the driver do. */
export interface ProcessHost {
  readonly status: RuntimeStatus;
  /** Whether each environment has a user of its own. */
  readonly hasUsers: boolean;
  readonly hasCgroups: boolean;
  /** Tools of util-linux, where they are installed. */
  readonly setpriv: string | undefined;
  readonly prlimit: string | undefined;
  readonly flock: string | undefined;
}

export interface ProcessHostOptions {
  /** Of the driver. */
  readonly directory: string;
  readonly hasUsers: boolean;
  readonly cgroupVersion: 1 | 2 | undefined;
}

export function probeProcessHost({ directory, hasUsers, cgroupVersion }: ProcessHostOptions): ProcessHost {
  const setpriv = findTool('setpriv');
  const prlimit = findTool('prlimit');
  const flock = findTool('flock');
  const hasCgroups = cgroupVersion !== undefined;
  const host = { hasUsers, hasCgroups, setpriv, prlimit, flock };
  const unusable = (fact: string, remedy?: string): ProcessHost => ({
    ...host,
    status: { isUsable: false, facts: [fact], ...(remedy === undefined ? {} : { remedy }) },
  });
  if (!existsSync('/proc/self/stat'))
    return unusable('processes cannot be told apart after a restart of the server: this system has no /proc');
  if (hasUsers && !mapsUsers())
    return unusable(
      `users from ${ENVIRONMENT_USERS.first} on, of environments, do not exist in this user namespace`,
      'run the server as a user without rights of root',
    );
  const closed = hasUsers ? findClosedFolder(directory) : undefined;
  if (closed !== undefined)
    return unusable(
      `instances have a user of their own, which cannot enter ${closed}`,
      'move the data directory to where other users can enter it, such as /var/lib/ocpctl',
    );
  return { ...host, status: { isUsable: true, facts: facts(host, cgroupVersion) } };
}

function facts(
  { hasUsers, prlimit, flock }: Omit<ProcessHost, 'status'>,
  cgroupVersion: 1 | 2 | undefined,
): string[] {
  const volumes =
    flock === undefined ? ['volumes are locked in the database only: flock is not installed'] : [];
  const users = hasUsers
    ? `each environment has a user of its own, from ${ENVIRONMENT_USERS.first}`
    : 'all instances run as the user of the server, and can read each other';
  if (cgroupVersion !== undefined)
    return [
      `memory, processors and processes are limited (cgroups, version ${cgroupVersion})`,
      users,
      ...volumes,
    ];
  const memory =
    prlimit === undefined
      ? 'memory, processors and processes are not limited: no cgroup can be written, and prlimit is missing'
      : 'memory is limited for each process, processors and processes are not: no cgroup can be written';
  return [memory, users, ...volumes];
}

/** In a container without all users of its host, only some can be used. */
function mapsUsers(): boolean {
  const last = ENVIRONMENT_USERS.first + ENVIRONMENT_USERS.count - 1;
  return readFileSync('/proc/self/uid_map', 'latin1')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([inside = 0, , count = 0]) => inside <= ENVIRONMENT_USERS.first && last < inside + count);
}

function findTool(name: string): string | undefined {
  return SYSTEM_PATH.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
