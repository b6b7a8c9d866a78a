import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack as packTar } from 'tar-stream';
import { CliError } from '../errors/cli-error.ts';
import { listSource, SOURCE_LIMITS, type SourceEntry, type SourceLimits } from './list-source.ts';

export interface PackOptions {
  /** The archive to write, which must not exist. */
  readonly file: string;
  /** @default SOURCE_LIMITS */
  readonly limits?: SourceLimits;
}

export interface PackedSource {
  /** A tar.gz. */
  readonly file: string;
  /** Of the tar in it, which is the same for the same files, modes and links, whatever compresses it. */
  readonly sha256: string;
  readonly bytes: number;
  readonly files: number;
  /** `.env` and the like: never packed. */
  readonly secretsFiles: readonly string[];
}

/**
 * Packs a directory as the source of a service: what Git or `.ocpctlignore` ignore is left out, and so are files of secrets. Names in one
 * order, times and owners of 0, and of the modes only whether a file can be executed.
 * @throws CliError when it has nothing, too much, or a link that leads out, or when it changes meanwhile
 */
export async function packSource(
  directory: string,
  { file, limits = SOURCE_LIMITS }: PackOptions,
): Promise<PackedSource> {
  const { entries, secretsFiles } = await listSource(directory, limits);
  if (entries.length === 0)
    throw new CliError('SOURCE_EMPTY', `there is nothing to deploy in ${directory}`, {
      hint: 'check .gitignore and .ocpctlignore',
    });
  const tar = packTar();
  const hash = createHash('sha256');
  const hashed = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const written = pipeline(Readable.from(tar), hashed, createGzip(), counted, target);
  const filled = fill(tar, directory, entries).catch((error: Error) => {
    tar.destroy(error);
    throw error;
  });
  const [fault] = (await Promise.allSettled([filled, written])).filter(
    (result) => result.status === 'rejected',
  );
  if (fault !== undefined) throw fault.reason;
  return { file, sha256: hash.digest('hex'), bytes, files: entries.length, secretsFiles };
}

async function fill(tar: Pack, directory: string, entries: readonly SourceEntry[]): Promise<void> {
  for (const entry of entries) {
    const fixed = { name: entry.path, mtime: new Date(0), uid: 0, gid: 0 };
    if (entry.type === 'symlink') {
      await add(tar, { ...fixed, type: 'symlink', linkname: entry.target, mode: 0o777, size: 0 }, []);
      continue;
    }
    const handle = await open(join(directory, entry.path), 'r');
    try {
      const header = {
        ...fixed,
        type: 'file' as const,
        mode: entry.isProgram ? 0o755 : 0o644,
        size: entry.size,
      };
      await add(tar, header, contentOf(handle, entry));
    } finally {
      await handle.close();
    }
  }
  tar.finalize();
}

async function* contentOf(
  handle: FileHandle,
  { path, size }: { path: string; size: number },
): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of handle.createReadStream({ autoClose: false })) {
    read += chunk.length;
    if (read > size) break;
    yield chunk;
  }
  if (read === size) return;
  throw new CliError('SOURCE_CHANGED', `${path} changed while it was packed`, {
    hint: 'run the command again',
    retryable: true,
  });
}

function add(
  tar: Pack,
  header: Parameters<Pack['entry']>[0],
  content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const sink = tar.entry(header, (error) => (error ? reject(error) : resolve()));
    if (header.type === 'symlink') return;
    pipeline(content, sink).catch(reject);
  });
}
