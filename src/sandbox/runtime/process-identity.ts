import { readFileSync } from 'node:fs';

/** Identifies a process even after its pid is reused. `startedAtTick` is undefined without /proc. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAtTick?: string | undefined;
}

export function identifyProcess(pid: number): ProcessIdentity {
  const stat = readStat(pid);
  return stat === undefined ? { pid } : { pid, startedAtTick: stat.startedAtTick };
}

/** Is this process still running? A zombie is not. */
export function isRunning({ pid, startedAtTick }: ProcessIdentity): boolean {
  const stat = readStat(pid);
  if (stat !== undefined) {
    return stat.state !== 'Z' && (startedAtTick === undefined || stat.startedAtTick === startedAtTick);
  }
  // With /proc the process has ended; without /proc, signal 0 tells.
  return startedAtTick === undefined && answersSignal(pid);
}

/** proc(5): after the command, which is in parentheses and may contain spaces, state is field 1 and start time field 20. */
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
