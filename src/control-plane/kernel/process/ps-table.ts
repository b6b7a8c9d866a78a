import { execFileSync } from 'node:child_process';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

const LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*\S)\s*$/;

/** Reads processes through `ps`, for systems without /proc (macOS). Sessions are not told there: the group stands in. */
export function createPsTable(run: (args: readonly string[]) => string = runPs): ProcessTable {
  return {
    list: () => parsePs(run(['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='])),
    environmentHolds: (pid, assignmentPrefix) => {
      try {
        return run(['-E', '-ww', '-o', 'command=', '-p', String(pid)]).includes(` ${assignmentPrefix}`);
      } catch {
        return undefined;
      }
    },
  };
}

/** @returns the processes of `ps -o pid=,ppid=,pgid=,stat=,lstart=`; lines of another shape are left out. */
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
