import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { syncDirectory } from '../durable-file.ts';
import { fileError, SetupError } from '../errors.ts';
import { acquireLockFile, type LockFile } from './lock-file.ts';

/** Major version of the embedded PostgreSQL; a test compares it with that of the engine. */
export const ENGINE_MAJOR = '18';

const STATE_OFFSET = 16;
const DB_SHUTDOWNED = 1;

export interface DatabaseDirectory {
  /** The folder of the database files. */
  readonly data: string;
  readonly lock: LockFile;
  /** False after a crash: the engine then recovers before it answers. */
  readonly wasShutDown: boolean;
}

/**
 * Locks the directory for this process and creates the database files if there are none. They are written to another name and renamed
 * when they are durable, so that a crash leaves all of them or none.
 * @param makeDump returns a new database as tar.gz; called when there is none
 * @throws SetupError when another process uses the directory, or another major version of PostgreSQL created it
 */
export async function openDatabaseDirectory(
  directory: string,
  makeDump: () => Promise<Uint8Array>,
): Promise<DatabaseDirectory> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError(`cannot create the data directory ${directory}`, error);
  }
  const lock = await acquireLockFile(join(directory, 'owner.lock'));
  try {
    const data = join(directory, 'pgdata');
    const isNew = !existsSync(data);
    if (isNew) await create(directory, data, await makeDump());
    else assertVersion(data);
    return { data, lock, wasShutDown: isNew || wasShutDown(data) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function assertVersion(data: string): void {
  const version = readVersion(join(data, 'PG_VERSION'));
  if (version === ENGINE_MAJOR) return;
  throw new SetupError(`${data} was created by PostgreSQL ${version}, this ocpctl embeds ${ENGINE_MAJOR}`, {
    hint: 'use the ocpctl version that created it, or a PostgreSQL server (DATABASE_URL)',
  });
}

function readVersion(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SetupError(`cannot read ${file}: not a database directory, or a damaged one`, {
      cause: error,
    });
  }
}

/**
 * The state is the fourth field of pg_control (`src/include/catalog/pg_control.h`), after 8 + 4 + 4 bytes. Of a damaged file the engine
 * says what is wrong.
 */
function wasShutDown(data: string): boolean {
  const file = join(data, 'global', 'pg_control');
  const control = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  return control.length < STATE_OFFSET + 4 || control.readInt32LE(STATE_OFFSET) === DB_SHUTDOWNED;
}

async function create(directory: string, data: string, dump: Uint8Array): Promise<void> {
  const draft = join(directory, 'pgdata.new');
  rmSync(draft, { recursive: true, force: true });
  try {
    await unpack(dump, draft);
    renameSync(draft, data);
    await syncDirectory(directory);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw fileError(`cannot create the database files in ${directory}`, error);
  }
}

/** Writes about a thousand small files durably. Synchronous calls are faster, and nothing else runs yet. */
async function unpack(dump: Uint8Array, target: string): Promise<void> {
  const folders = [target];
  mkdirSync(target, { mode: 0o700 });
  const entries = extract();
  entries.end(gunzipSync(dump));
  for await (const entry of entries) {
    const path = join(target, normalize(`/${entry.header.name}`));
    const content = await buffer(entry);
    if (entry.header.type === 'directory') {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      folders.push(path);
    } else {
      writeFileSync(path, content, { mode: 0o600, flush: true });
    }
  }
  for (const folder of folders) await syncDirectory(folder);
}
