import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { acquireDownloadLock } from './download-lock.ts';
import { extractInstaller } from './extract-installer.ts';
import {
  CACHE_RECORD_FILE,
  type CachedInstaller,
  cacheEntryDir,
  INSTALLER_FILE,
  readCacheRecord,
} from './installer-cache.ts';
import { InstallerError } from './installer-error.ts';
import {
  checksumOf,
  findRelease,
  getFromMirror,
  type MirrorOptions,
  type MirrorRelease,
  readMirrorBody,
} from './mirror.ts';

export interface DownloadProgress {
  readonly phase: 'waiting' | 'checksums' | 'downloading' | 'ready';
  readonly receivedBytes: number;
  readonly totalBytes: number | undefined;
}

/**
 * Proves that a checksum list is the publisher's. `signature` is the mirror's `sha256sum.txt.gpg`, which may be detached
 * or hold the list itself: @returns the bytes that are proven (and only those are believed); throws when they are not.
 */
export type VerifySignature = (input: { content: Uint8Array; signature: Uint8Array }) => Promise<Uint8Array>;

export interface DownloadOptions extends MirrorOptions {
  readonly cacheDir: string;
  /** Given when a keyring is configured; without it the checksum alone is checked. */
  readonly verifySignature?: VerifySignature | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

export interface DownloadedInstaller extends CachedInstaller {
  readonly file: string;
  /** False when the cache had it, or another caller or process fetched it meanwhile. */
  readonly downloaded: boolean;
}

/**
 * Brings `<cacheDir>/<version>/openshift-install` into being: checked against the mirror's checksums before it is there,
 * once for any number of callers in any number of processes.
 * @throws InstallerError INSTALLER_VERSION_UNKNOWN, _DOWNLOAD_FAILED, _CHECKSUM_MISMATCH, _ARCHIVE_CORRUPT, _SIGNATURE_INVALID
 */
export async function downloadInstaller(
  version: string,
  options: DownloadOptions,
): Promise<DownloadedInstaller> {
  const { cacheDir, signal, clock = systemClock } = options;
  const entry = cacheEntryDir(cacheDir, version);
  const ready = async (downloaded: boolean): Promise<DownloadedInstaller | undefined> => {
    const record = await readCacheRecord(cacheDir, version);
    if (record) report(options, 'ready', 0);
    return record && { ...record, file: join(entry, INSTALLER_FILE), downloaded };
  };
  const cached = await ready(false);
  if (cached) return cached;

  await mkdir(cacheDir, { recursive: true });
  const lock = await acquireDownloadLock(join(cacheDir, `.${version}.lock`), {
    clock,
    signal,
    onWait: () => report(options, 'waiting', 0),
    isDone: async () => (await readCacheRecord(cacheDir, version)) !== undefined,
  });
  try {
    // Whoever held the lock before may have finished the work.
    const meanwhile = await ready(false);
    if (meanwhile) return meanwhile;
    if (!lock)
      throw new InstallerError('INSTALLER_NOT_FOUND', `openshift-install ${version} left the cache again`);
    await fetchInto(lock.dir, entry, version, options, clock);
    const fetched = await ready(true);
    if (!fetched)
      throw new InstallerError('INSTALLER_NOT_FOUND', `openshift-install ${version} left the cache again`);
    return fetched;
  } finally {
    await lock?.release();
  }
}

async function fetchInto(
  lockDir: string,
  entry: string,
  version: string,
  options: DownloadOptions,
  clock: Clock,
): Promise<void> {
  report(options, 'checksums', 0);
  const release = await findRelease(version, options, options.signal);
  const expected = checksumOf(release.archiveName, await provenChecksums(release, options));
  const url = `${release.url}/${release.archiveName}`;
  const work = join(lockDir, 'entry');
  await mkdir(work);
  const hashes = await fetchArchive(url, join(work, INSTALLER_FILE), options);
  if (hashes.archiveSha256 !== expected) {
    throw new InstallerError('INSTALLER_CHECKSUM_MISMATCH', `${url} is not what sha256sum.txt says`, {
      hint: `expected ${expected}, got ${hashes.archiveSha256}`,
    });
  }
  const record: CachedInstaller = {
    version,
    url,
    ...hashes,
    signature: options.verifySignature ? 'verified' : 'not-checked',
    fetchedAt: clock.now().toISOString(),
  };
  await writeFile(join(work, CACHE_RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  await moveIntoCache(
    work,
    entry,
    async () => (await readCacheRecord(options.cacheDir, version)) !== undefined,
  );
}

async function provenChecksums(release: MirrorRelease, options: DownloadOptions): Promise<Uint8Array> {
  if (!options.verifySignature) return release.checksums;
  const url = `${release.url}/sha256sum.txt.gpg`;
  const signature = new Uint8Array(
    await readMirrorBody(await getFromMirror(url, options, options.signal), url),
  );
  try {
    return await options.verifySignature({ content: release.checksums, signature });
  } catch (thrown) {
    throw new InstallerError(
      'INSTALLER_SIGNATURE_INVALID',
      `the signature of ${release.url}/sha256sum.txt is bad`,
      {
        hint: messageOf(thrown),
        cause: thrown,
      },
    );
  }
}

const REPORT_EVERY_BYTES = 1024 * 1024;

async function fetchArchive(url: string, target: string, options: DownloadOptions) {
  const response = await getFromMirror(url, options, options.signal);
  if (!response.ok || !response.body) {
    throw new InstallerError('INSTALLER_VERSION_UNKNOWN', `${url} is listed in sha256sum.txt but not there`);
  }
  const length = response.headers.get('content-length');
  const totalBytes = length === null ? undefined : Number(length);
  let reported = 0;
  report(options, 'downloading', 0, totalBytes);
  return await extractInstaller(response.body, target, {
    url,
    signal: options.signal,
    onBytes: (receivedBytes) => {
      if (receivedBytes - reported < REPORT_EVERY_BYTES && receivedBytes !== totalBytes) return;
      reported = receivedBytes;
      report(options, 'downloading', receivedBytes, totalBytes);
    },
  });
}

/**
 * One rename makes all of it visible. Losing a race against another process is fine: its copy was checked like ours.
 * A folder without a record was not made here and was never checked: it gives way.
 */
async function moveIntoCache(work: string, entry: string, isComplete: () => Promise<boolean>): Promise<void> {
  try {
    await rename(work, entry);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw thrown;
    if (await isComplete()) return;
    await rename(entry, `${work}.replaced`);
    await rename(work, entry);
  }
}

function report(
  options: DownloadOptions,
  phase: DownloadProgress['phase'],
  receivedBytes: number,
  totalBytes?: number,
): void {
  options.onProgress?.({ phase, receivedBytes, totalBytes });
}
