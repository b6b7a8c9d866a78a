import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { ifExists, systemCodeOf } from '../../kernel/errors.ts';
import { InstallerError } from './installer-error.ts';
import type { InstallerNeed } from './installer-need.ts';
import { compareVersions } from './installer-version.ts';

/** The program's name in the archive, in the cache and in configured folders. */
export const INSTALLER_FILE = 'openshift-install';
const RECORD_FILE = 'installer.json';
const VERSION_NAME = /^[0-9][0-9A-Za-z.+-]*$/;

const recordSchema = z.object({
  version: z.string(),
  architecture: z.enum(['amd64', 'arm64', 's390x', 'multi']).default('amd64'),
  fips: z.boolean().default(false),
  url: z.string(),
  archiveSha256: z.string(),
  binarySha256: z.string(),
  signature: z.enum(['verified', 'not-checked']),
  fetchedAt: z.string(),
});

/** What was verified when an installer was downloaded; stored beside it as `installer.json`. */
export type CachedInstaller = z.infer<typeof recordSchema>;

/** @throws InstallerError INSTALLER_VERSION_UNKNOWN for text that is not a version: it must not name any other folder */
export function cachedInstallerFile(cacheDir: string, need: InstallerNeed): string {
  return join(entryDir(cacheDir, need), INSTALLER_FILE);
}

/** `4.20.3`, `4.20.3+arm64`, `4.20.3+amd64-fips`. */
function entryName({ version, architecture, fips }: InstallerNeed): string {
  if (architecture === 'amd64' && !fips) return version;
  return `${version}+${architecture}${fips ? '-fips' : ''}`;
}

function entryDir(cacheDir: string, need: InstallerNeed): string {
  const { version } = need;
  if (VERSION_NAME.test(version) && !version.includes('..')) return join(cacheDir, entryName(need));
  throw new InstallerError('INSTALLER_VERSION_UNKNOWN', `invalid version ${JSON.stringify(version)}`);
}

/** @returns the cached installers, oldest version first; a cache that does not exist is empty. */
export async function listCachedInstallers(cacheDir: string): Promise<CachedInstaller[]> {
  const names = ((await ifExists(readdir(cacheDir))) ?? []).filter((name) => VERSION_NAME.test(name));
  const records = await Promise.all(names.map((name) => readRecord(join(cacheDir, name))));
  return records
    .filter((record) => record !== undefined)
    .sort((a, b) => compareVersions(a.version, b.version));
}

/** @returns undefined when the installer is not cached, or its record cannot be read: nothing is known to be verified then. */
export function readCacheRecord(cacheDir: string, need: InstallerNeed): Promise<CachedInstaller | undefined> {
  return readRecord(entryDir(cacheDir, need));
}

async function readRecord(entry: string): Promise<CachedInstaller | undefined> {
  const text = await ifExists(readFile(join(entry, RECORD_FILE), 'utf8'));
  try {
    return text === undefined ? undefined : recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Compares a cached installer with its record. @throws InstallerError INSTALLER_CHECKSUM_MISMATCH */
export async function verifyCachedInstaller(cacheDir: string, record: CachedInstaller): Promise<void> {
  const { version, binarySha256 } = record;
  const hash = createHash('sha256');
  await pipeline(createReadStream(cachedInstallerFile(cacheDir, record)), hash);
  if (hash.digest('hex') === binarySha256) return;
  const message = `the cached openshift-install ${version} does not match its checksum`;
  const hint = `delete ${entryDir(cacheDir, record)} and download it again`;
  throw new InstallerError('INSTALLER_CHECKSUM_MISMATCH', message, { hint });
}

const POLL_MS = 250;
/** How often the holder of a lock touches its folder. */
const BEAT_MS = 5_000;
/** A lock whose folder was not touched for this long is broken. */
const STALE_MS = 30_000;

export interface FillOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Called when another caller or process fills the entry. */
  readonly onWait: () => void;
  /** Writes the program to `file` and verifies it; on failure nothing of it is kept. */
  readonly fill: (file: string) => Promise<CachedInstaller>;
}

/**
 * Fills the entry of an installer unless it is cached, once for any number of callers and processes.
 * The lock is a folder. Its holder is alive while the folder's time changes, measured with the waiter's own clock, so that hosts with
 * different clocks can share a cache (a lock file with a process id could not tell). The lock only saves work: two holders are safe.
 */
export async function fillCacheOnce(
  cacheDir: string,
  need: InstallerNeed,
  options: FillOptions,
): Promise<CachedInstaller> {
  const { clock, signal, onWait } = options;
  let seen: { mtimeMs: number; atMs: number } | undefined;
  for (;;) {
    const record = await readCacheRecord(cacheDir, need);
    if (record) return record;
    signal?.throwIfAborted();
    const lock = join(cacheDir, `.${entryName(need)}.lock`);
    await mkdir(cacheDir, { recursive: true });
    if (await createFolder(lock)) return whileHolding(lock, () => fillEntry(lock, cacheDir, need, options));
    const found = await ifExists(stat(lock));
    if (!found) continue;
    const nowMs = clock.monotonicMs();
    if (seen?.mtimeMs !== found.mtimeMs) seen = { mtimeMs: found.mtimeMs, atMs: nowMs };
    else if (nowMs - seen.atMs >= STALE_MS) {
      await discard(lock);
      continue;
    }
    onWait();
    await clock.sleep(POLL_MS, signal);
  }
}

/** Works in the lock's own folder, which is removed with it. */
async function fillEntry(
  lock: string,
  cacheDir: string,
  need: InstallerNeed,
  { fill }: FillOptions,
): Promise<CachedInstaller> {
  // The previous holder of the lock may have filled the entry.
  const meanwhile = await readCacheRecord(cacheDir, need);
  if (meanwhile) return meanwhile;
  const work = join(lock, 'entry');
  await mkdir(work);
  const record = await fill(join(work, INSTALLER_FILE));
  await writeFile(join(work, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  return moveIntoCache(work, cacheDir, record);
}

/**
 * One rename makes the whole entry visible. When another process was first, its verified copy stays. A folder without a record
 * was never verified and is replaced.
 */
async function moveIntoCache(
  work: string,
  cacheDir: string,
  record: CachedInstaller,
): Promise<CachedInstaller> {
  const entry = entryDir(cacheDir, record);
  try {
    await rename(work, entry);
  } catch (thrown) {
    const code = systemCodeOf(thrown);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw thrown;
    const first = await readCacheRecord(cacheDir, record);
    if (first) return first;
    await rename(entry, `${work}.replaced`);
    await rename(work, entry);
  }
  return record;
}

async function whileHolding<Result>(lock: string, run: () => Promise<Result>): Promise<Result> {
  const { ino } = await stat(lock);
  // A failed touch means that the lock was broken. The work may go on: its last step is a rename that only one process wins.
  const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), BEAT_MS);
  beat.unref();
  try {
    return await run();
  } finally {
    clearInterval(beat);
    // Another process may have broken the lock and hold one of its own.
    if ((await ifExists(stat(lock)))?.ino === ino) await rm(lock, { recursive: true, force: true });
  }
}

async function createFolder(dir: string): Promise<boolean> {
  try {
    await mkdir(dir, { mode: 0o700 });
    return true;
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

/** Renames first, so that only one of several waiters removes a stale lock. */
async function discard(lock: string): Promise<void> {
  const stale = `${lock}.stale-${randomUUID()}`;
  await ifExists(rename(lock, stale));
  await rm(stale, { recursive: true, force: true });
}
