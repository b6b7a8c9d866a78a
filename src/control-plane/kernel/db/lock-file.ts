import { randomUUID } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileError, SetupError, systemCodeOf } from '../errors.ts';
import {
  describeSelf,
  type HolderState,
  type LockHolder,
  lockHolderSchema,
  stateOfHolder,
} from './lock-holder.ts';
import { isListening, openLockSocket } from './lock-socket.ts';

export interface LockFile {
  release(): void;
}

/** Nested reclaims after crashes in the middle of a reclaim. */
const MAX_RECLAIM_DEPTH = 3;

/** The rest of the names of drafts and sockets. */
const LITTER = /^(\.reclaim)*\.[0-9a-f-]{36}(\.sock)?$/;
/** To get the lock takes milliseconds. */
const LITTER_AGE_MS = 60_000;

/**
 * Acquires a lock file. The lock of a dead process is reclaimed; that of a live process, or of one whose state cannot be determined
 * from here, is not. The file appears when the socket named in it is listened on already, so a socket that refuses means a dead holder.
 * @throws SetupError that names the holder
 */
export async function acquireLockFile(path: string): Promise<LockFile> {
  const id = randomUUID();
  const socketPath = `${path}.${id}.sock`;
  const socket = await openLockSocket(socketPath).catch((error: unknown) => {
    throw fileError(`cannot create the socket of the lock file ${path}`, error);
  });
  const mine = describeSelf(id, socket && basename(socketPath));
  try {
    await claim(path, mine, 0);
  } catch (error) {
    socket?.close();
    throw error;
  }
  await removeLitter(path);
  return {
    release() {
      removeOwn(path, mine);
      socket?.close();
    },
  };
}

function removeOwn(path: string, { id }: LockHolder): void {
  if (readHolder(path)?.id === id) rmSync(path, { force: true });
}

/** Removes what processes left that were killed while they tried to get the lock. */
async function removeLitter(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of readdirSync(directory)) {
    if (!LITTER.test(name.slice(basename(path).length)) || !name.startsWith(basename(path))) continue;
    const file = join(directory, name);
    const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Number.POSITIVE_INFINITY };
    if (Date.now() - mtimeMs < LITTER_AGE_MS || (await isListening(file)) === true) continue;
    rmSync(file, { force: true });
  }
}

async function claim(path: string, mine: LockHolder, depth: number): Promise<void> {
  while (!createIfAbsent(path, mine)) {
    const holder = readHolder(path);
    if (holder === undefined) continue;
    await assertHolderDead(path, holder, mine);
    if (depth === MAX_RECLAIM_DEPTH) throw lockHeldError(path, holder, 'unknown');
    await removeDeadHolder(path, mine, depth);
  }
}

/** Removes the files of a dead holder. One process at a time, or it could remove the file of the next holder. */
async function removeDeadHolder(path: string, mine: LockHolder, depth: number): Promise<void> {
  const reclaim = `${path}.reclaim`;
  await claim(reclaim, mine, depth + 1);
  try {
    const holder = readHolder(path);
    if (holder === undefined) return;
    await assertHolderDead(path, holder, mine);
    rmSync(path, { force: true });
    if (holder.socket !== undefined) rmSync(join(dirname(path), holder.socket), { force: true });
  } finally {
    removeOwn(reclaim, mine);
  }
}

/** Creates the file with its whole content, or not at all. @returns false when it exists */
function createIfAbsent(path: string, holder: LockHolder): boolean {
  const draft = `${path}.${holder.id}`;
  try {
    writeFileSync(draft, `${JSON.stringify(holder)}\n`, { flag: 'wx', mode: 0o600, flush: true });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw fileError(`cannot write the lock file ${path}`, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @returns undefined when the file does not exist */
function readHolder(path: string): LockHolder | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw fileError(`cannot read the lock file ${path}`, error);
  }
  const parsed = lockHolderSchema.safeParse(parseJson(text));
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

async function assertHolderDead(path: string, holder: LockHolder, self: LockHolder): Promise<void> {
  const state = await stateOfHolder(holder, self, dirname(path));
  if (state !== 'dead') throw lockHeldError(path, holder, state);
}

function lockHeldError(path: string, { pid, host, since }: LockHolder, state: HolderState): SetupError {
  const where = state === 'alive' ? '' : ', another host or container';
  const when = since === undefined ? '' : ` since ${since}`;
  const stop = 'stop that server, or use another directory';
  return new SetupError(
    `the directory ${dirname(path)} is in use by process ${pid} of ${host}${where}${when}`,
    {
      hint: state === 'alive' ? stop : `${stop}; if that server is certain to be gone, remove ${path}`,
    },
  );
}
