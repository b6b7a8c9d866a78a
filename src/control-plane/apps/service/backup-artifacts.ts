import { createHash, randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArtifactError } from '../../kernel/artifacts/artifact-error.ts';
import type { StoredArtifact } from '../../kernel/artifacts/artifact-store.ts';
import { removeBelow } from '../../kernel/artifacts/remove-below.ts';
import { openStream, SEAL_KEY_BYTES, sealStream } from '../../kernel/artifacts/sealed-stream.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import type { AppServices } from './app-services.ts';

type Stores = Pick<AppServices, 'artifacts' | 'secrets'>;

interface BackupOf {
  readonly id: string;
  readonly databaseId: string;
}

interface StoredBackup {
  readonly id: string;
  readonly uri: string;
  readonly sha256: string;
}

/** Of each backup its own: what is left of one in a versioned bucket cannot be read once its key is gone. */
const KEY_SECRET = 'backup-key';
const FOLDER = 'database-backups';

/** Everything that is stored of the backups of a database is below it. */
const prefixOf = (databaseId: string): string => `${FOLDER}/${databaseId}`;

/** The key of a new backup; that of an earlier attempt is kept. */
export async function ensureBackupKey({ secrets }: Stores, tx: Tx, id: string): Promise<void> {
  const owner = { ownerId: id, kind: KEY_SECRET };
  if ((await secrets.open(tx, owner)) === undefined)
    await secrets.put(tx, owner, randomBytes(SEAL_KEY_BYTES));
}

/**
 * Stores a dump, encrypted, and reads it back: opened, it must be the bytes that the program wrote.
 * @param name of the artifact, another one for each attempt
 * @throws ArtifactError
 */
export async function storeDump(
  stores: Stores,
  q: Queryable,
  { id, databaseId }: BackupOf,
  { name, dump, onStored }: { name: string; dump: AsyncIterable<Uint8Array>; onStored: () => void },
): Promise<StoredArtifact> {
  const key = `${prefixOf(databaseId)}/${id}/${name}.dump.sealed`;
  const sealed = sealStream(await openKey(stores, q, id), key);
  const written = createHash('sha256');
  const [stored] = await Promise.all([
    stores.artifacts.put(key, sealed),
    pipeline(Readable.from(hashing(dump, written), { objectMode: false }), sealed),
  ]);
  onStored();
  const read = createHash('sha256');
  for await (const chunk of await openDump(stores, q, { id, ...stored })) read.update(chunk);
  if (read.digest('hex') !== written.digest('hex'))
    throw new ArtifactError(
      'ARTIFACT_CORRUPT',
      `artifact ${key}: what was read back is not what was written`,
    );
  return stored;
}

/**
 * The dump of a backup. Its frames are authentic, but only the end of the stream proves that all of it was there.
 * @throws ArtifactError now, or while it is read
 */
export async function openDump(
  stores: Stores,
  q: Queryable,
  { id, uri, sha256 }: StoredBackup,
): Promise<AsyncIterable<Uint8Array>> {
  const key = stores.artifacts.keyOf(uri);
  const opened = openStream(await openKey(stores, q, id), key);
  const dump = new PassThrough();
  // A failure is that of the stream which is read.
  void pipeline(await stores.artifacts.get(key, { sha256 }), opened, dump).catch(() => {});
  return dump;
}

/** Reads all of a backup. @throws ArtifactError unless it is there as it was written */
export async function assertIntact(stores: Stores, q: Queryable, backup: StoredBackup): Promise<void> {
  for await (const _chunk of await openDump(stores, q, backup));
}

/** Removes what is stored of a backup, or of an attempt to make it. */
export function removeDump({ artifacts }: Stores, { id, databaseId }: BackupOf): Promise<void> {
  return removeBelow(artifacts, `${prefixOf(databaseId)}/${id}`);
}

/** The same of all backups of a database. */
export function removeDumps({ artifacts }: Stores, databaseId: string): Promise<void> {
  return removeBelow(artifacts, prefixOf(databaseId));
}

export async function removeBackupKey({ secrets }: Stores, tx: Tx, id: string): Promise<void> {
  await secrets.remove(tx, { ownerId: id, kind: KEY_SECRET });
}

/** Keys of everything that is stored of the backups of a database. */
export async function storedDumpsOf({ artifacts }: Stores, databaseId: string): Promise<string[]> {
  return (await artifacts.list(prefixOf(databaseId))).map(({ key }) => key);
}

async function openKey({ secrets }: Stores, q: Queryable, id: string): Promise<Uint8Array> {
  const key = await secrets.open(q, { ownerId: id, kind: KEY_SECRET });
  if (key === undefined) throw new ArtifactError('ARTIFACT_CORRUPT', `the key of backup ${id} is gone`);
  return key;
}

async function* hashing(
  bytes: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
