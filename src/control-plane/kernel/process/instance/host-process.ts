import { readFileSync } from 'node:fs';
import { parseStat } from '../process-table.ts';
import { ifReadable } from './if-readable.ts';

/** A process that is told apart from a later one with its pid, also after a restart of the machine. */
export interface HostProcess {
  readonly pid: number;
  /** In clock ticks since the machine started. */
  readonly startedAt: number;
  readonly bootId: string;
}

/** @returns undefined when no process has this pid, or only one that has ended and is not reaped */
export function findHostProcess(pid: number): HostProcess | undefined {
  const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const entry = stat === undefined ? undefined : parseStat(stat);
  if (entry === undefined || entry.zombie) return undefined;
  return { pid, startedAt: entry.startedAt, bootId: bootId() };
}

export function isSameProcess(identity: HostProcess): boolean {
  const now = findHostProcess(identity.pid);
  return now?.startedAt === identity.startedAt && now.bootId === identity.bootId;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
