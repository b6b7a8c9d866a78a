import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, rename, writeFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { messageOf, SetupError } from '../errors.ts';
import { acquireLock, type LockFile } from './lock-file.ts';

/** Of the PostgreSQL inside the package; a test compares it with what the engine says. */
export const ENGINE_MAJOR = '18';

export interface DatabaseDirectory {
  /** What the engine works on. */
  readonly data: string;
  readonly lock: LockFile;
}

/**
 * Takes the directory for this process and makes the database files when there are none. They are made beside their
 * place and renamed when they are complete and durable, so that a crash leaves either none or all of them.
 * @param makeDump a new database as tar.gz; called when there is none.
 * @throws SetupError when another process has it, or when a newer version made it.
 */
export async function openDirectory(
  directory: string,
  makeDump: () => Promise<Uint8Array>,
): Promise<DatabaseDirectory> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SetupError(`cannot make the data directory ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const lock = acquireLock(join(directory, 'owner.lock'));
  try {
    const data = join(directory, 'pgdata');
    if (existsSync(data)) assertVersion(data);
    else await create(directory, data, await makeDump());
    return { data, lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function assertVersion(data: string): void {
  const version = readVersion(join(data, 'PG_VERSION'));
  if (version === ENGINE_MAJOR) return;
  throw new SetupError(`${data} was made by PostgreSQL ${version}, this ocpctl embeds ${ENGINE_MAJOR}`, {
    hint: 'start the ocpctl version that made it; to move to another, use a PostgreSQL server (DATABASE_URL)',
  });
}

function readVersion(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SetupError(`${file} cannot be read: this is no database directory, or a damaged one`, {
      cause: error,
    });
  }
}

async function create(directory: string, data: string, dump: Uint8Array): Promise<void> {
  const draft = join(directory, 'pgdata.new');
  rmSync(draft, { recursive: true, force: true });
  try {
    await unpack(dump, draft);
    await syncTree(draft);
    await rename(draft, data);
    await syncOne(directory);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw new SetupError(`cannot make the database files in ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function unpack(dump: Uint8Array, target: string): Promise<void> {
  await mkdir(target, { mode: 0o700 });
  const entries = extract();
  Readable.from([Buffer.from(dump)])
    .on('error', () => undefined)
    .pipe(createGunzip())
    .on('error', (error) => entries.destroy(error))
    .pipe(entries);
  for await (const entry of entries) {
    const path = join(target, normalize(`/${entry.header.name}`));
    if (entry.header.type === 'directory') await mkdir(path, { recursive: true, mode: 0o700 });
    else await writeFile(path, await buffer(entry), { mode: 0o600 });
    entry.resume();
  }
}

async function syncTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.filter((each) => each.isDirectory()))
    await syncTree(join(directory, entry.name));
  await Promise.all(
    entries.filter((each) => each.isFile()).map((each) => syncOne(join(directory, each.name))),
  );
  await syncOne(directory);
}

async function syncOne(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
