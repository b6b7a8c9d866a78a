import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { systemCodeOf } from '../../kernel/errors.ts';
import { acquireDownloadLock } from './download-lock.ts';
import { type ArchiveOptions, fetchInstaller, INSTALLER_FILE } from './installer-archive.ts';
import { InstallerError } from './installer-error.ts';
import { compareVersions } from './installer-version.ts';
import { findRelease } from './mirror.ts';

const recordSchema = z.object({
  version: z.string(),
  url: z.string(),
  archiveSha256: z.string(),
  binarySha256: z.string(),
  signature: z.enum(['verified', 'not-checked']),
  fetchedAt: z.string(),
});

const recordText = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(recordSchema);

/** What was verified when an installer was downloaded; stored beside it as `installer.json`. */
export type CachedInstaller = z.infer<typeof recordSchema>;

const RECORD_FILE = 'installer.json';
const VERSION_NAME = /^[0-9][0-9A-Za-z.+-]*$/;
const MIB = 1024 * 1024;

export interface DownloadOptions extends Omit<ArchiveOptions, 'onBytes'> {
  readonly cacheDir: string;
  /** Receives one sentence a step, and one for each tenth of the download. */
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

export interface DownloadedInstaller extends CachedInstaller {
  readonly file: string;
  /** False when it was in the cache, or another caller or process downloaded it meanwhile. */
  readonly downloaded: boolean;
}

/** @throws InstallerError INSTALLER_VERSION_UNKNOWN for text that is not a version: it must not name any other folder */
export function cachedInstallerFile(cacheDir: string, version: string): string {
  return join(entryDir(cacheDir, version), INSTALLER_FILE);
}

function entryDir(cacheDir: string, version: string): string {
  if (VERSION_NAME.test(version) && !version.includes('..')) return join(cacheDir, version);
  throw new InstallerError('INSTALLER_VERSION_UNKNOWN', `invalid version ${JSON.stringify(version)}`);
}

/** @returns the cached installers, oldest version first; a cache that does not exist is empty. */
export async function listCachedInstallers(cacheDir: string): Promise<CachedInstaller[]> {
  const found: CachedInstaller[] = [];
  for (const name of await namesIn(cacheDir)) {
    if (!VERSION_NAME.test(name)) continue;
    const record = await readCacheRecord(cacheDir, name);
    if (record) found.push(record);
  }
  return found.sort((a, b) => compareVersions(a.version, b.version));
}

/** @returns undefined when the version is not cached, or its record cannot be read: nothing is known to be verified then. */
export async function readCacheRecord(
  cacheDir: string,
  version: string,
): Promise<CachedInstaller | undefined> {
  let text: string;
  try {
    text = await readFile(join(entryDir(cacheDir, version), RECORD_FILE), 'utf8');
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  return recordText.safeParse(text).data;
}

/** Compares a cached installer with its record. @throws InstallerError INSTALLER_NOT_FOUND, INSTALLER_CHECKSUM_MISMATCH */
export async function verifyCachedInstaller(cacheDir: string, version: string): Promise<CachedInstaller> {
  const record = await readCacheRecord(cacheDir, version);
  if (!record) throw new InstallerError('INSTALLER_NOT_FOUND', `openshift-install ${version} is not cached`);
  const hash = createHash('sha256');
  await pipeline(createReadStream(cachedInstallerFile(cacheDir, version)), hash);
  if (hash.digest('hex') === record.binarySha256) return record;
  const message = `the cached openshift-install ${version} does not match its checksum`;
  const hint = `delete ${entryDir(cacheDir, version)} and download it again`;
  throw new InstallerError('INSTALLER_CHECKSUM_MISMATCH', message, { hint });
}

/**
 * Downloads `<cacheDir>/<version>/openshift-install` unless it is cached, once for any number of callers and processes. The file
 * appears only after it was verified.
 * @throws InstallerError INSTALLER_VERSION_UNKNOWN, and what `fetchInstaller` throws
 */
export async function downloadInstaller(
  version: string,
  options: DownloadOptions,
): Promise<DownloadedInstaller> {
  const { cacheDir, signal, clock = systemClock } = options;
  const file = cachedInstallerFile(cacheDir, version);
  const name = `openshift-install ${version}`;
  const report = withoutRepeats(options.onProgress ?? (() => {}));
  const cached = async (downloaded: boolean): Promise<DownloadedInstaller | undefined> => {
    const record = await readCacheRecord(cacheDir, version);
    if (record) report(`${name} is in the cache`);
    return record && { ...record, file, downloaded };
  };
  const found = await cached(false);
  if (found) return found;

  await mkdir(cacheDir, { recursive: true });
  const lock = await acquireDownloadLock(join(cacheDir, `.${version}.lock`), {
    clock,
    signal,
    onWait: () => report(`waiting for another download of ${name}`),
    isDone: async () => (await readCacheRecord(cacheDir, version)) !== undefined,
  });
  try {
    // The previous holder of the lock may have downloaded it.
    const meanwhile = await cached(false);
    if (meanwhile) return meanwhile;
    if (lock) await download(lock.dir, version, options, clock, report);
    const downloaded = await cached(true);
    if (downloaded) return downloaded;
    throw new InstallerError('INSTALLER_NOT_FOUND', `${name} was removed from the cache after its download`);
  } finally {
    await lock?.release();
  }
}

async function download(
  lockDir: string,
  version: string,
  options: DownloadOptions,
  clock: Clock,
  report: (message: string) => void,
): Promise<void> {
  const name = `openshift-install ${version}`;
  report(`downloading ${name}: reading its checksum`);
  const release = await findRelease(version, options, options.signal);
  const work = join(lockDir, 'entry');
  await mkdir(work);
  const verified = await fetchInstaller(release, join(work, INSTALLER_FILE), {
    ...options,
    onBytes: (received, total) => report(`downloading ${name}${share(received, total)}`),
  });
  const record: CachedInstaller = { version, ...verified, fetchedAt: clock.now().toISOString() };
  await writeFile(join(work, RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  const isCached = async () => (await readCacheRecord(options.cacheDir, version)) !== undefined;
  await moveIntoCache(work, entryDir(options.cacheDir, version), isCached);
}

/**
 * One rename makes the whole entry visible. When another process was first, its verified copy stays. A folder without a record
 * was never verified and is replaced.
 */
async function moveIntoCache(work: string, entry: string, isCached: () => Promise<boolean>): Promise<void> {
  try {
    await rename(work, entry);
  } catch (thrown) {
    const code = systemCodeOf(thrown);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw thrown;
    if (await isCached()) return;
    await rename(entry, `${work}.replaced`);
    await rename(work, entry);
  }
}

/** One line for each tenth, not for each chunk of hundreds of MiB. */
function share(received: number, total: number | undefined): string {
  if (!total) return '';
  return `: ${Math.floor((received / total) * 10) * 10}% of ${Math.ceil(total / MIB)} MiB`;
}

function withoutRepeats(report: (message: string) => void): (message: string) => void {
  let last = '';
  return (message) => {
    if (message === last) return;
    last = message;
    report(message);
  };
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
