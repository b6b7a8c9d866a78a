import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, normalize } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { messageOf, SetupError } from '../errors.ts';
import { acquireLockFile, type LockFile } from './lock-file.ts';

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
export async function openDatabaseDirectory(
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
  const lock = acquireLockFile(join(directory, 'owner.lock'));
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
    renameSync(draft, data);
    sync(directory);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw new SetupError(`cannot make the database files in ${directory}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Writes about a thousand small files, durably. Nothing else runs yet, so the quicker synchronous calls may be used. */
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
  for (const folder of folders) sync(folder);
}

function sync(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
