import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same id. `startedAtTick` is undefined without /proc. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAtTick?: string | undefined;
}

export function identifyProcess(pid: number): ProcessIdentity {
  const stat = readStat(pid);
  return stat === undefined ? { pid } : { pid, startedAtTick: stat.startedAtTick };
}

/** Does that very process run? A zombie does not. */
export function isRunning({ pid, startedAtTick }: ProcessIdentity): boolean {
  const stat = readStat(pid);
  if (stat !== undefined) {
    return stat.state !== 'Z' && (startedAtTick === undefined || stat.startedAtTick === startedAtTick);
  }
  // With /proc at hand the process is gone; without it, a signal that does nothing tells.
  return startedAtTick === undefined && answersSignal(pid);
}

/** Fields of proc(5) after the command, which is in parentheses and may hold spaces: state is the first, start the 20th. */
function readStat(pid: number): { state: string | undefined; startedAtTick: string | undefined } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], startedAtTick: fields[19] };
  } catch {
    return undefined;
  }
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
