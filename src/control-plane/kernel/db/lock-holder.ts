import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { systemCodeOf } from '../errors.ts';
import { isListening } from './lock-socket.ts';

/** The process that holds a lock, as its lock file describes it. */
export const lockHolderSchema = z.object({
  id: z.string(),
  pid: z.int(),
  host: z.string(),
  /** Absent in files of older versions. */
  since: z.string().optional(),
  /** Name of the socket beside the lock file on which the holder listens; absent where the file system has none. */
  socket: z
    .string()
    .regex(/^[\w.-]+$/)
    .optional(),
  /** Start time of the process in clock ticks since boot (field 22 of /proc/PID/stat); absent without /proc. */
  startTicks: z.string().optional(),
  bootId: z.string().optional(),
  /** Pids are only valid within one namespace. */
  pidNamespace: z.string().optional(),
});
export type LockHolder = z.infer<typeof lockHolderSchema>;

/** `unknown`: it cannot be determined from here. */
export type HolderState = 'alive' | 'dead' | 'unknown';

export function describeSelf(id: string, socket: string | undefined): LockHolder {
  return {
    id,
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    socket,
    startTicks: startTicksOf(process.pid),
    bootId: readProc(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readProc(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/**
 * Whether the holder of a lock in `directory` is alive, as seen from the process that `self` describes. The socket tells, also across
 * containers; the pid does where there is no socket. Neither says anything about a process of another host.
 */
export async function stateOfHolder(
  holder: LockHolder,
  self: LockHolder,
  directory: string,
): Promise<HolderState> {
  const knowsBoot = holder.bootId !== undefined && self.bootId !== undefined;
  const isRebooted = knowsBoot && holder.bootId !== self.bootId;
  if (isRebooted) return holder.host === self.host ? 'dead' : 'unknown';
  if (!knowsBoot && holder.host !== self.host) return 'unknown';
  if (holder.socket !== undefined) {
    const listening = await isListening(join(directory, holder.socket));
    if (listening !== undefined) return listening ? 'alive' : 'dead';
  }
  if (holder.pidNamespace !== self.pidNamespace) return 'unknown';
  return isAlive(holder) ? 'alive' : 'dead';
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH';
  }
  if (holder.startTicks === undefined) return true;
  return startTicksOf(holder.pid) === holder.startTicks;
}

/** @returns undefined for a process that does not exist or has ended (a zombie), and without /proc */
function startTicksOf(pid: number): string | undefined {
  const stat = readProc(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the program name in parentheses, which may contain spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19];
}

function readProc(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
