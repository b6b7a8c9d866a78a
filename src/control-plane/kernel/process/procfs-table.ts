import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** Reads processes from Linux' /proc (proc(5)). A process that ends while it is being read is left out. */
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
    environmentHolds: (pid, assignmentPrefix) => {
      const environment = readOrUndefined(join(root, String(pid), 'environ'));
      // Empty while a program is being replaced by another: nothing is known yet.
      if (environment === undefined || environment === '') return undefined;
      return `\0${environment}`.includes(`\0${assignmentPrefix}`);
    },
  };
}

/** @returns the process of one /proc/PID/stat line, or undefined when the line is not one. */
export function parseStat(stat: string): ProcessEntry | undefined {
  // The name in parentheses may itself hold blanks and parentheses, so the fields are counted from the last one.
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
