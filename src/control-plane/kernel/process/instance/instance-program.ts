import { type ChildProcess, spawn } from 'node:child_process';
import { lchownSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, systemCodeOf } from '../../errors.ts';
import { MARK_VARIABLE } from '../descendants.ts';
import type { Cgroup } from './cgroup.ts';
import type { RunnerRequest } from './runner-protocol.ts';

/** What shells answer for a program that does not exist, or cannot be executed. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
/** Failures to start that are the program's: another attempt fails too. */
const PROGRAM_FAULTS = new Set([
  'ENOENT',
  'ENOTDIR',
  'EACCES',
  'ENOEXEC',
  'E2BIG',
  'ELOOP',
  'ENAMETOOLONG',
  'EISDIR',
]);

export type InstanceStart =
  | { readonly type: 'running'; readonly child: ChildProcess; readonly pid: number }
  /** It cannot be started, ever. */
  | { readonly type: 'ended'; readonly code: number; readonly reason: string };

export interface ProgramHome {
  readonly home: string;
  readonly tmp: string;
}

export interface StartConditions {
  readonly port: number | undefined;
  /** The group of the program, and the one to which this process returns. */
  readonly cgroups: { readonly own: Cgroup; readonly runners: Cgroup } | undefined;
}

/**
 * Makes home and temporary folder of the program. The home is given to its user last: other programs of the user could replace what is
 * in it by a link to a file of this host.
 */
export function makeHome({ homeDirectory, user, links }: RunnerRequest): ProgramHome {
  const home = { home: homeDirectory, tmp: join(homeDirectory, 'tmp') };
  mkdirSync(homeDirectory, { recursive: true, mode: 0o700 });
  const give = (path: string) => {
    if (user !== undefined) lchownSync(path, user.uid, user.gid);
  };
  const make = (folder: string) => {
    if (folder === homeDirectory) return;
    make(dirname(folder));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    give(folder);
  };
  make(home.tmp);
  for (const { path, target } of links) {
    const link = join(homeDirectory, path);
    make(dirname(link));
    symlinkSync(target, link);
    give(link);
  }
  give(homeDirectory);
  return home;
}

/**
 * Starts the program in a session and process group of its own. The environment, which its user chose, is that of no process with the rights
 * of this one.
 * @throws what is the host's fault
 */
export async function startProgram(
  request: RunnerRequest,
  home: ProgramHome,
  { port, cgroups }: StartConditions,
): Promise<InstanceStart> {
  const [file = '', ...args] = [...request.launchers, ...request.command];
  const options = {
    cwd: request.workingDirectory,
    env: {
      HOME: home.home,
      TMPDIR: home.tmp,
      ...request.variables,
      ...(port === undefined ? {} : { PORT: String(port) }),
      [MARK_VARIABLE]: request.mark,
    },
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...request.user,
  };
  const umask = process.umask(0o022);
  // A child begins in the groups of its parent: the program is limited, and found, from its first instruction on.
  cgroups?.own.join(process.pid);
  try {
    const child = spawn(file, args, options);
    const { pid } = child;
    if (pid === undefined) return ended(await new Promise((resolve) => child.once('error', resolve)));
    return { type: 'running', child, pid };
  } catch (error) {
    // An argument or a variable with a null byte.
    return { type: 'ended', code: NOT_EXECUTABLE, reason: messageOf(error).slice(0, 60) };
  } finally {
    process.umask(umask);
    cgroups?.runners.create();
    cgroups?.runners.join(process.pid);
    cgroups?.own.limit(request.limits);
  }
}

function ended(error: unknown): InstanceStart {
  const code = systemCodeOf(error) ?? '';
  if (!PROGRAM_FAULTS.has(code)) throw error;
  return {
    type: 'ended',
    code: code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE,
    reason: messageOf(error),
  };
}
