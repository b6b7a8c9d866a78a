import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, lstat, open, readdir, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline, Readable, Transform } from 'node:stream';
import { makeDirectoryDurably, publishDurably, type Written, writeDurably } from '../durable-file.ts';
import { ifExists, systemCodeOf } from '../errors.ts';
import { ArtifactError, asArtifactError } from './artifact-error.ts';
import {
  type ArtifactInfo,
  type ArtifactSource,
  type ArtifactStore,
  assertKey,
  normalizePrefix,
  type StoredArtifact,
} from './artifact-store.ts';

const SCHEME = 'directory:';
/** No key begins with a dot, so this folder cannot collide with an artifact. */
const INCOMING = '.incoming';
/** Stands for the slash of a key in the name of an incoming file: no key has one. */
const SLASH = '+';
/** A file that is being written stands still for the moments of a forced write to the disk. */
const ABANDONED_AFTER_MS = 60_000;

/**
 * Stores artifacts as files (0600, folders 0700) below one folder, which the first `put` creates. A file is complete and on the disk
 * before it gets its name.
 */
export function directoryStore(folder: string): Required<ArtifactStore> {
  const root = resolve(folder);
  const incoming = join(root, INCOMING);
  const prepare = async (): Promise<void> => {
    await makeDirectoryDurably(incoming);
    await chmod(root, 0o700);
  };
  let prepared: Promise<void> | undefined;
  const ready = (): Promise<void> => {
    prepared ??= prepare().catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  };
  const pathOf = (key: string): string => {
    assertKey(key);
    return join(root, key);
  };

  return {
    put: (key, source, expect = {}) =>
      mapErrors(`artifact ${key}`, async () => {
        const path = pathOf(key);
        await ready();
        return put(key, path, incoming, source, expect.sha256);
      }),
    get: (key, expect = {}) =>
      mapErrors(`artifact ${key}`, async () => {
        const file = await open(pathOf(key), 'r');
        const bytes = file.createReadStream();
        return expect.sha256 === undefined ? bytes : pipeline(bytes, verifying(key, expect.sha256), () => {});
      }),
    head: (key) => mapErrors(`artifact ${key}`, () => infoOf(root, pathOf(key))),
    list: (prefix) =>
      mapErrors(`artifacts of ${prefix}`, async () => {
        const found = await filesBelow(join(root, normalizePrefix(prefix)), incoming);
        const infos = await Promise.all(found.map((path) => infoOf(root, path)));
        return infos.filter((info) => info !== undefined).sort((a, b) => (a.key < b.key ? -1 : 1));
      }),
    remove: (key) => mapErrors(`artifact ${key}`, () => remove(root, pathOf(key))),
    removeIncomplete: () => mapErrors('incomplete artifacts', () => removeIncomplete(root, incoming)),
    keyOf(uri) {
      const key = uri.startsWith(SCHEME) ? uri.slice(SCHEME.length) : '';
      assertKey(key);
      return key;
    },
  };
}

async function put(
  key: string,
  path: string,
  incoming: string,
  source: ArtifactSource,
  wanted: string | undefined,
): Promise<StoredArtifact> {
  const temporary = join(incoming, incomingName(key));
  const written = await writeDurably(temporary, bytesOf(source));
  try {
    assertSame(key, written.sha256, wanted);
    if (!(await publish(temporary, path))) assertSameContent(key, written, await measure(path));
  } finally {
    await unlink(temporary).catch(ignoreMissing);
  }
  return { uri: `${SCHEME}${key}`, ...written };
}

async function publish(temporary: string, path: string): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    await makeDirectoryDurably(dirname(path));
    try {
      return await publishDurably(temporary, path);
    } catch (error) {
      // A concurrent `remove` may have deleted the empty folder.
      if (systemCodeOf(error) !== 'ENOENT' || tries === 3) throw error;
    }
  }
}

async function remove(root: string, path: string): Promise<void> {
  await unlink(path).catch(ignoreMissing);
  await removeEmptyFolders(root, path);
}

async function removeEmptyFolders(root: string, path: string): Promise<void> {
  for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      // The folder is not empty.
      return;
    }
  }
}

async function measure(path: string): Promise<Written> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

function assertSame(key: string, actual: string, wanted: string | undefined): void {
  if (wanted === undefined || wanted === actual) return;
  throw new ArtifactError('ARTIFACT_CORRUPT', `artifact ${key}: SHA-256 is ${actual}, expected ${wanted}`);
}

function assertSameContent(key: string, written: Written, stored: Written): void {
  if (written.sha256 === stored.sha256) return;
  throw new ArtifactError('ARTIFACT_CONFLICT', `artifact ${key} already exists with different content`);
}

function verifying(key: string, wanted: string): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      try {
        assertSame(key, hash.digest('hex'), wanted);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

async function* bytesOf(source: ArtifactSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else yield* source instanceof Readable ? source : createReadStream(source.file);
}

async function infoOf(root: string, path: string): Promise<ArtifactInfo | undefined> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return undefined;
    const key = relative(root, path).split(sep).join('/');
    return { key, sizeBytes: found.size, modifiedAt: found.mtime };
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

async function filesBelow(folder: string, except: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    ignoreMissing(error);
    return [];
  });
  return entries
    .filter((entry) => entry.isFile() && entry.parentPath !== except)
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Names the folder of the artifact, in which a writer that is killed may leave empty folders. */
function incomingName(key: string): string {
  const folder = dirname(key) === '.' ? '' : dirname(key);
  return `${folder.replaceAll('/', SLASH)}${SLASH}${randomUUID()}`;
}

async function removeIncomplete(root: string, incoming: string): Promise<number> {
  const names = (await ifExists(readdir(incoming))) ?? [];
  if (names.length === 0) return 0;
  const nowMs = await fileSystemTime(incoming);
  let removed = 0;
  const failures: unknown[] = [];
  for (const name of names) {
    const path = join(incoming, name);
    try {
      const found = await ifExists(lstat(path));
      if (found === undefined || nowMs - found.mtimeMs < ABANDONED_AFTER_MS) continue;
      await unlink(path).catch(ignoreMissing);
      await removeEmptyFolders(root, join(root, ...name.split(SLASH)));
      removed += 1;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return removed;
}

/** The time in milliseconds by which a folder dates its files: on a network share that is not the time of this host. */
async function fileSystemTime(folder: string): Promise<number> {
  const probe = join(folder, randomUUID());
  await writeFile(probe, '', { flag: 'wx', mode: 0o600 });
  try {
    return (await stat(probe)).mtimeMs;
  } finally {
    await unlink(probe);
  }
}

function ignoreMissing(error: unknown): undefined {
  if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return undefined;
  throw error;
}

async function mapErrors<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asArtifactError(error, what);
  }
}
