import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
/** One process of this machine, as the operating system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** Start time in units of the table; only compared, to tell apart processes with the same pid. */
  readonly startedAt: number;
  /** Dead, but not yet reaped by its parent. */
  readonly zombie: boolean;
}

export interface ProcessTable {
  list(): ProcessEntry[];
  /**
   * The value of a variable in the initial environment of the process; null when it has none of this name. Undefined when the environment
   * cannot be read: the process has ended, or belongs to another user.
   */
  environmentValue(pid: number, name: string): string | null | undefined;
}

/** Reads processes from /proc of Linux (proc(5)). A process that ends while it is read is left out. */
export function createProcfsTable(root = '/proc'): ProcessTable {
  return {
    list: () =>
      readdirSync(root)
        .filter((name) => /^[0-9]+$/.test(name))
        .flatMap((pid) => {
          const stat = readOrUndefined(join(root, pid, 'stat'));
          const entry = stat === undefined ? undefined : parseStat(stat);
          return entry === undefined ? [] : [entry];
        }),
    environmentValue: (pid, name) => {
      const environment = readOrUndefined(join(root, String(pid), 'environ'));
      // Empty during exec: the new environment is not set yet.
      if (environment === undefined || environment === '') return undefined;
      const assignment = environment.split('\0').find((each) => each.startsWith(`${name}=`));
      return assignment?.slice(name.length + 1) ?? null;
    },
  };
}

/** @returns the process of a /proc/PID/stat line; undefined for an invalid line */
export function parseStat(stat: string): ProcessEntry | undefined {
  // The name in parentheses may contain blanks and parentheses, so the fields are counted from the last parenthesis.
  const nameEnd = stat.lastIndexOf(')');
  const fields = stat.slice(nameEnd + 2).split(' ');
  const [state, parentPid, groupId, sessionId] = fields;
  const startedAt = fields[19];
  if (nameEnd < 0 || state === undefined || startedAt === undefined) return undefined;
  return {
    pid: Number.parseInt(stat, 10),
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    sessionId: Number(sessionId),
    startedAt: Number(startedAt),
    zombie: state === 'Z' || state === 'X',
  };
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

const LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*\S)\s*$/;

/** Reads processes with `ps`, for systems without /proc (macOS). It has no session ids, so the group id is used instead. */
function createPsTable(run: (args: readonly string[]) => string = runPs): ProcessTable {
  return {
    list: () => parsePs(run(['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='])),
    environmentValue: (pid, name) => {
      try {
        const words = run(['-E', '-ww', '-o', 'command=', '-p', String(pid)]).split(/\s/);
        return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
      } catch {
        return undefined;
      }
    },
  };
}

/** @returns the processes of `ps -o pid=,ppid=,pgid=,stat=,lstart=`; other lines are left out */
export function parsePs(output: string): ProcessEntry[] {
  return output.split('\n').flatMap((line) => {
    const match = LINE.exec(line);
    if (match === null) return [];
    const [, pid, parentPid, groupId, state = '', startedAt = ''] = match;
    return [
      {
        pid: Number(pid),
        parentPid: Number(parentPid),
        groupId: Number(groupId),
        sessionId: Number(groupId),
        startedAt: Date.parse(startedAt),
        zombie: state.startsWith('Z'),
      },
    ];
  });
}

function runPs(args: readonly string[]): string {
  return execFileSync('/bin/ps', args, {
    encoding: 'utf8',
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** /proc on Linux; `ps` elsewhere, which is slower. */
export function openProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  return platform === 'linux' ? createProcfsTable() : createPsTable();
}
