import { createHash, type Hash } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { messageOf, systemCodeOf } from '../../kernel/errors.ts';
import { InstallerError } from './installer-error.ts';
import type { RunProgram } from './installer-version.ts';
import {
  checksumOf,
  getFromMirror,
  type MirrorOptions,
  type MirrorRelease,
  readMirrorBody,
} from './mirror.ts';

/** The program's name in the archive, in the cache and in configured folders. */
export const INSTALLER_FILE = 'openshift-install';

/** 4 GiB; an installer has about 600 MB. */
const MAX_BINARY_BYTES = 4 * 1024 ** 3;

/**
 * Verifies a checksum list. `signature` is the mirror's `sha256sum.txt.gpg`, which is either detached or contains the list.
 * @returns the signed bytes; only these may be trusted. Throws when no trusted key made the signature.
 */
export type VerifySignature = (input: { content: Uint8Array; signature: Uint8Array }) => Promise<Uint8Array>;

export interface ArchiveOptions extends MirrorOptions {
  /** Set when a keyring is configured; otherwise only the checksum is checked. */
  readonly verifySignature?: VerifySignature | undefined;
  readonly onBytes?: ((receivedBytes: number, totalBytes: number | undefined) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifiedInstaller {
  readonly url: string;
  readonly archiveSha256: string;
  readonly binarySha256: string;
  readonly signature: 'verified' | 'not-checked';
}

/**
 * Downloads the archive of a release, writes its `openshift-install` to `target` (mode 0755, fsynced), and checks the archive
 * against the mirror's checksums. The caller may use the file only after this returned.
 * @throws InstallerError INSTALLER_SIGNATURE_INVALID before anything is downloaded; INSTALLER_DOWNLOAD_FAILED,
 *   INSTALLER_ARCHIVE_CORRUPT, INSTALLER_CHECKSUM_MISMATCH, INSTALLER_VERSION_UNKNOWN, DISK_TOO_SMALL
 */
export async function fetchInstaller(
  release: MirrorRelease,
  target: string,
  options: ArchiveOptions,
): Promise<VerifiedInstaller> {
  const expected = checksumOf(release.archiveName, await verifiedChecksums(release, options));
  const url = `${release.url}/${release.archiveName}`;
  const response = await getFromMirror(url, options, options.signal);
  if (!response.ok || !response.body) {
    throw new InstallerError(
      'INSTALLER_VERSION_UNKNOWN',
      `${url} is listed in sha256sum.txt but does not exist`,
    );
  }
  const length = response.headers.get('content-length');
  const totalBytes = length === null ? undefined : Number(length);
  const hashes = await extractInstaller(response.body, target, url, totalBytes, options);
  if (hashes.archiveSha256 !== expected) {
    throw new InstallerError(
      'INSTALLER_CHECKSUM_MISMATCH',
      `${url} does not match its checksum in sha256sum.txt`,
      {
        hint: `expected ${expected}, got ${hashes.archiveSha256}`,
      },
    );
  }
  return { url, ...hashes, signature: options.verifySignature ? 'verified' : 'not-checked' };
}

async function verifiedChecksums(release: MirrorRelease, options: ArchiveOptions): Promise<Uint8Array> {
  if (!options.verifySignature) return release.checksums;
  const url = `${release.url}/sha256sum.txt.gpg`;
  const response = await getFromMirror(url, options, options.signal);
  const signature = new Uint8Array(await readMirrorBody(response, url));
  try {
    return await options.verifySignature({ content: release.checksums, signature });
  } catch (thrown) {
    const message = `invalid signature of ${release.url}/sha256sum.txt`;
    throw new InstallerError('INSTALLER_SIGNATURE_INVALID', message, {
      hint: messageOf(thrown),
      cause: thrown,
    });
  }
}

/** Streams a tar.gz and writes only `openshift-install`; all other entries are skipped unread. */
async function extractInstaller(
  body: ReadableStream<Uint8Array>,
  target: string,
  url: string,
  totalBytes: number | undefined,
  { signal, onBytes }: ArchiveOptions,
): Promise<Pick<VerifiedInstaller, 'archiveSha256' | 'binarySha256'>> {
  const archive = createHash('sha256');
  const transfer: { error?: unknown } = {};
  const entries = extract();
  const writing = writeInstaller(entries, target);
  try {
    const received = hashed(body, archive, transfer, (bytes) => onBytes?.(bytes, totalBytes));
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
  target: string,
): Promise<string | undefined> {
  let sha256: string | undefined;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type !== 'file' || name.replace(/^\.\//, '') !== INSTALLER_FILE) {
      entry.resume();
      continue;
    }
    if (sha256 !== undefined) throw new Error(`two files named ${INSTALLER_FILE} in the archive`);
    sha256 = await writeExecutable(entry, target);
  }
  return sha256;
}

async function writeExecutable(entry: AsyncIterable<unknown>, target: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(target, 'wx', 0o755);
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

export interface GpgOptions {
  /** Trusted public keys, in the format of gpgv (not ASCII-armored). */
  readonly keyring: string;
  readonly run: RunProgram;
  /** Where to put the few files that gpgv reads. */
  readonly tmpDir: string;
}

/** Verifies with `gpgv`, which trusts only the keys of the keyring: first as a detached signature, then as a signed list. */
export function gpgVerifier({ keyring, run, tmpDir }: GpgOptions): VerifySignature {
  return async ({ content, signature }) => {
    const dir = await mkdtemp(join(tmpDir, 'signature-'));
    const list = join(dir, 'sha256sum.txt');
    const signed = join(dir, 'sha256sum.txt.gpg');
    const output = join(dir, 'output');
    try {
      await writeFile(list, content);
      await writeFile(signed, signature);
      const common = ['--status-fd', '1', '--keyring', keyring];
      if (isGood(await run('gpgv', [...common, signed, list]))) return content;
      if (isGood(await run('gpgv', [...common, '--output', output, signed]))) return await readFile(output);
      throw new Error(`not signed by a key of ${keyring}`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };
}

/** Exit code 0 and gpgv's machine-readable line: a good signature by a key that is neither expired nor revoked. */
function isGood(result: { readonly code: number | null; readonly stdout: string }): boolean {
  return result.code === 0 && /^\[GNUPG:\] VALIDSIG [0-9A-F]{40}/m.test(result.stdout);
}
