import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { messageOf } from '../../kernel/errors.ts';
import { INSTALLER_FILE } from './installer-cache.ts';
import { InstallerError } from './installer-error.ts';

export interface ExtractOptions {
  /** Where the archive comes from, for messages. */
  readonly url: string;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (receivedBytes: number) => void;
  /** More than any installer has (they are about 600 MB); default 4 GiB. */
  readonly maxBinaryBytes?: number;
}

export interface ArchiveHashes {
  readonly archiveSha256: string;
  readonly binarySha256: string;
}

/**
 * Streams a tar.gz and writes the one file that counts, `openshift-install`, mode 0755 and fsynced. Every other entry is
 * skipped unread. The caller compares the archive's hash before it uses the file.
 * @throws InstallerError INSTALLER_DOWNLOAD_FAILED (the transfer), INSTALLER_ARCHIVE_CORRUPT (what arrived)
 */
export async function extractInstaller(
  body: ReadableStream<Uint8Array>,
  target: string,
  options: ExtractOptions,
): Promise<ArchiveHashes> {
  const archive = createHash('sha256');
  const transfer: { error?: unknown } = {};
  const entries = extract();
  const writing = writeInstaller(entries, target, options.maxBinaryBytes ?? 4 * 1024 ** 3);
  try {
    const [, binarySha256] = await Promise.all([
      pipeline(hashed(body, archive, transfer, options), createGunzip(), entries, { signal: options.signal }),
      writing,
    ]);
    if (binarySha256 === undefined) throw new Error(`it holds no ${INSTALLER_FILE}`);
    return { archiveSha256: archive.digest('hex'), binarySha256 };
  } catch (thrown) {
    entries.destroy();
    // The writer ends with the stream it reads; wait, so that nobody writes after we returned.
    await writing.catch(() => undefined);
    throw toInstallerError(thrown, transfer, options);
  }
}

async function* hashed(
  body: ReadableStream<Uint8Array>,
  hash: Hash,
  transfer: { error?: unknown },
  options: ExtractOptions,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      received += chunk.length;
      options.onBytes?.(received);
      yield chunk;
    }
  } catch (thrown) {
    transfer.error = thrown;
    throw thrown;
  }
}

async function writeInstaller(
  entries: ReturnType<typeof extract>,
  target: string,
  maxBytes: number,
): Promise<string | undefined> {
  let sha256: string | undefined;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type !== 'file' || name.replace(/^\.\//, '') !== INSTALLER_FILE) {
      entry.resume();
      continue;
    }
    if (sha256 !== undefined) throw new Error(`it holds two files named ${INSTALLER_FILE}`);
    sha256 = await writeFileOf(entry, target, maxBytes);
  }
  return sha256;
}

async function writeFileOf(entry: AsyncIterable<unknown>, target: string, maxBytes: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(target, 'wx', 0o755);
  try {
    let written = 0;
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      written += chunk.length;
      if (written > maxBytes) throw new Error(`${INSTALLER_FILE} in it is larger than ${maxBytes} bytes`);
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

function toInstallerError(thrown: unknown, transfer: { error?: unknown }, options: ExtractOptions): unknown {
  if (options.signal?.aborted) return options.signal.reason;
  if (transfer.error !== undefined) {
    const message = `${options.url} broke off: ${messageOf(transfer.error)}`;
    return new InstallerError('INSTALLER_DOWNLOAD_FAILED', message, { cause: transfer.error });
  }
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC') {
    return new InstallerError('DISK_TOO_SMALL', 'the installer cache has no space left', { cause: thrown });
  }
  const message = `${options.url} cannot be unpacked: ${messageOf(thrown)}`;
  return new InstallerError('INSTALLER_ARCHIVE_CORRUPT', message, { cause: thrown });
}
