import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as z from 'zod';
import { SetupError, systemCodeOf } from '../errors.ts';

/** The process that holds a lock, with enough detail to recognise a reused pid. */
const holderSchema = z.object({
  id: z.string(),
  pid: z.int(),
  host: z.string(),
  /** Start time of the process in clock ticks since boot (field 22 of /proc/PID/stat); absent without /proc. */
  startTicks: z.string().optional(),
  bootId: z.string().optional(),
  /** Pids are only valid within one namespace. */
  pidNamespace: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

export interface LockFile {
  release(): void;
}

/** Nested reclaims after crashes in the middle of a reclaim. */
const MAX_RECLAIM_DEPTH = 3;

/**
 * Acquires a lock file. The lock of a dead process is reclaimed; that of a live process, or of one whose state cannot be determined
 * from here, is not.
 * @throws SetupError that names the holder
 */
export function acquireLockFile(path: string, depth = 0): LockFile {
  const mine = describeSelf();
  while (!createIfAbsent(path, mine)) {
    const holder = readHolder(path);
    if (holder === undefined) continue;
    assertHolderDead(path, holder);
    if (depth === MAX_RECLAIM_DEPTH) throw lockHeldError(path, 'an interrupted reclaim', holder);
    removeDeadHolder(path, depth);
  }
  return {
    release: () => {
      if (readHolder(path)?.id === mine.id) rmSync(path, { force: true });
    },
  };
}

/** Removes the file of a dead holder. One process at a time, or it could remove the file of the next holder. */
function removeDeadHolder(path: string, depth: number): void {
  const reclaim = acquireLockFile(`${path}.reclaim`, depth + 1);
  try {
    const holder = readHolder(path);
    if (holder === undefined) return;
    assertHolderDead(path, holder);
    rmSync(path, { force: true });
  } finally {
    reclaim.release();
  }
}

/** Creates the file with its whole content, or not at all. @returns false when it exists */
function createIfAbsent(path: string, holder: Holder): boolean {
  const draft = `${path}.${holder.id}`;
  try {
    writeFileSync(draft, `${JSON.stringify(holder)}\n`, { flag: 'wx', mode: 0o600, flush: true });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw new SetupError(`cannot write the lock file ${path}`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @returns undefined when the file does not exist */
function readHolder(path: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw new SetupError(`cannot read the lock file ${path}`, { cause: error });
  }
  const parsed = holderSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new SetupError(`${path} is not a lock file of ocpctl`, {
    hint: `if no ocpctl server uses this directory, remove ${path}`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeSelf(): Holder {
  return {
    id: randomUUID(),
    pid: process.pid,
    host: hostname(),
    startTicks: startTicksOf(process.pid),
    bootId: readProc(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readProc(() => readlinkSync('/proc/self/ns/pid')),
  };
}

function assertHolderDead(path: string, holder: Holder): void {
  const self = describeSelf();
  const sameMachineRun = holder.bootId === self.bootId && holder.pidNamespace === self.pidNamespace;
  if (sameMachineRun) {
    if (isAlive(holder)) throw lockHeldError(path, `process ${holder.pid}`, holder);
    return;
  }
  const rebooted = holder.host === self.host && holder.bootId !== self.bootId;
  if (!rebooted)
    throw lockHeldError(path, `process ${holder.pid} of ${holder.host}, another host or container`, holder);
}

function lockHeldError(path: string, who: string, holder: Holder): SetupError {
  return new SetupError(`the directory is in use by ${who} (lock file ${path})`, {
    hint: `stop that server, or use another directory; only if you are sure that process ${holder.pid} is gone, remove ${path}`,
  });
}

function isAlive(holder: Holder): boolean {
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
