import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { messageOf, systemCodeOf } from '../../kernel/errors.ts';
import { type CachedInstaller, fillCacheOnce, INSTALLER_FILE } from './installer-cache.ts';
import { InstallerError } from './installer-error.ts';
import { describeNeed, type InstallerNeed } from './installer-need.ts';
import { findRelease, getFromMirror, type MirrorOptions, type MirrorRelease } from './mirror.ts';

/** 4 GiB; an installer has about 600 MB. */
const MAX_BINARY_BYTES = 4 * 1024 ** 3;
const MIB = 1024 * 1024;
/** An archive has one of them. */
const PROGRAMS = [INSTALLER_FILE, 'openshift-install-fips'];

export interface DownloadOptions extends MirrorOptions {
  readonly cacheDir: string;
  /** Receives one sentence a step, and one for each tenth of the download. */
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Downloads an installer into the cache unless it is there, once for any number of callers and processes. The file appears only
 * after it was verified.
 * @throws InstallerError INSTALLER_VERSION_UNKNOWN, INSTALLER_SIGNATURE_INVALID before the archive is downloaded;
 *   INSTALLER_DOWNLOAD_FAILED, INSTALLER_ARCHIVE_CORRUPT, INSTALLER_CHECKSUM_MISMATCH, DISK_TOO_SMALL
 */
export async function downloadInstaller(
  need: InstallerNeed,
  options: DownloadOptions,
): Promise<CachedInstaller> {
  const { cacheDir, signal, onProgress = () => {}, clock = systemClock } = options;
  const name = `openshift-install ${describeNeed(need)}`;
  const report = withoutRepeats(onProgress);
  const record = await fillCacheOnce(cacheDir, need, {
    clock,
    signal,
    onWait: () => report(`waiting for another download of ${name}`),
    async fill(file) {
      report(`downloading ${name}: reading its checksum`);
      const release = await findRelease(need, options);
      const hashes = await fetchInstaller(release, file, options, (received, total) =>
        report(`downloading ${name}${share(received, total)}`),
      );
      const { url, signature } = release;
      return { ...need, url, ...hashes, signature, fetchedAt: clock.now().toISOString() };
    },
  });
  report(`${name} is in the cache`);
  return record;
}

type Hashes = Pick<CachedInstaller, 'archiveSha256' | 'binarySha256'>;
type OnBytes = (receivedBytes: number, totalBytes: number | undefined) => void;

/** Downloads the archive of a release, writes its `openshift-install` to `file` (mode 0755, fsynced), and checks the archive's SHA-256. */
async function fetchInstaller(
  { url, sha256 }: MirrorRelease,
  file: string,
  options: MirrorOptions,
  onBytes: OnBytes,
): Promise<Hashes> {
  const response = await getFromMirror(url, options);
  if (!response.ok || !response.body) {
    const message = `${url} is listed in sha256sum.txt but does not exist`;
    throw new InstallerError('INSTALLER_VERSION_UNKNOWN', message);
  }
  const length = response.headers.get('content-length');
  const totalBytes = length === null ? undefined : Number(length);
  const hashes = await extractInstaller(response.body, file, url, options.signal, (received) =>
    onBytes(received, totalBytes),
  );
  if (hashes.archiveSha256 === sha256) return hashes;
  const message = `${url} does not match its checksum in sha256sum.txt`;
  const hint = `expected ${sha256}, got ${hashes.archiveSha256}`;
  throw new InstallerError('INSTALLER_CHECKSUM_MISMATCH', message, { hint });
}

/** Streams a tar.gz and writes only `openshift-install`; all other entries are skipped unread. */
async function extractInstaller(
  body: ReadableStream<Uint8Array>,
  file: string,
  url: string,
  signal: AbortSignal | undefined,
  onBytes: (receivedBytes: number) => void,
): Promise<Hashes> {
  const archive = createHash('sha256');
  const transfer: { error?: unknown } = {};
  const entries = extract();
  const writing = writeInstaller(entries, file);
  try {
    const received = hashed(body, archive, transfer, onBytes);
    const [, binarySha256] = await Promise.all([
      pipeline(received, createGunzip(), entries, { signal }),
      writing,
    ]);
    if (binarySha256 === undefined) throw new Error(`no ${INSTALLER_FILE} in the archive`);
    return { archiveSha256: archive.digest('hex'), binarySha256 };
  } catch (thrown) {
    entries.destroy();
    // The writer must have stopped before the caller removes the folder.
    await writing.catch(() => undefined);
    if (signal?.aborted) throw signal.reason;
    throw toInstallerError(thrown, transfer, url);
  }
}

async function* hashed(
  body: ReadableStream<Uint8Array>,
  hash: Hash,
  transfer: { error?: unknown },
  onBytes: (receivedBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      received += chunk.length;
      onBytes(received);
      yield chunk;
    }
  } catch (thrown) {
    transfer.error = thrown;
    throw thrown;
  }
}

async function writeInstaller(
  entries: ReturnType<typeof extract>,
  file: string,
): Promise<string | undefined> {
  let sha256: string | undefined;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type !== 'file' || !PROGRAMS.includes(name.replace(/^\.\//, ''))) {
      entry.resume();
      continue;
    }
    if (sha256 !== undefined) throw new Error(`two files named ${INSTALLER_FILE} in the archive`);
    sha256 = await writeExecutable(entry, file);
  }
  return sha256;
}

async function writeExecutable(entry: AsyncIterable<unknown>, path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o755);
  try {
    let written = 0;
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      written += chunk.length;
      if (written > MAX_BINARY_BYTES)
        throw new Error(`${INSTALLER_FILE} is larger than ${MAX_BINARY_BYTES} bytes`);
      hash.update(chunk);
      await file.write(chunk);
    }
    await file.chmod(0o755);
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

function toInstallerError(thrown: unknown, transfer: { error?: unknown }, url: string): InstallerError {
  if (transfer.error !== undefined) {
    const message = `download of ${url} was interrupted: ${messageOf(transfer.error)}`;
    return new InstallerError('INSTALLER_DOWNLOAD_FAILED', message, { cause: transfer.error });
  }
  if (systemCodeOf(thrown) === 'ENOSPC') {
    return new InstallerError('DISK_TOO_SMALL', 'no space left for the installer cache', { cause: thrown });
  }
  const message = `cannot extract ${url}: ${messageOf(thrown)}`;
  return new InstallerError('INSTALLER_ARCHIVE_CORRUPT', message, { cause: thrown });
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
