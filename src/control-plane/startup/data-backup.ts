import { existsSync } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import * as z from 'zod';
import { createSnapshot } from '../kernel/artifacts/snapshot.ts';
import { SnapshotError } from '../kernel/artifacts/snapshot-format.ts';
import type { SnapshotLimits } from '../kernel/artifacts/snapshot-inventory.ts';
import { restoreSnapshot } from '../kernel/artifacts/snapshot-restore.ts';
import { acquireLockFile } from '../kernel/db/lock-file.ts';
import { publishDurably, writeDurably } from '../kernel/durable-file.ts';
import { fileError, ifExists, SetupError } from '../kernel/errors.ts';
import { keyDirectory, readKeyIds } from '../kernel/secrets/key-file.ts';
import type { KernelConfig } from '../kernel/settings/kernel-settings.ts';

type Directories = Pick<KernelConfig, 'dataDir' | 'databaseUrl' | 'keyDir'>;

interface BackupFiles {
  /** Archive of the data directory without its keys. */
  readonly data: string;
  /** Archive of the key directory. Both together open every secret. */
  readonly keys: string;
}

interface DataBackup extends BackupFiles {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Regular files in the archive of the data. */
  readonly files: number;
}

/** Rebuilt when they are missing: the folders of running attempts, and downloads. */
const NOT_IN_BACKUP = ['work', 'installers'];
const LOCK_NAME = 'owner.lock';
/** In the data archive only: which keys its secrets need. */
const NOTE_NAME = 'backup.json';
const noteSchema = z.object({ keyIds: z.array(z.string()) });

const NEVER = new AbortController().signal;
const UNLIMITED: SnapshotLimits = {
  maxEntries: Number.POSITIVE_INFINITY,
  maxEntryBytes: Number.POSITIVE_INFINITY,
  maxTotalBytes: Number.POSITIVE_INFINITY,
  maxArchiveBytes: Number.POSITIVE_INFINITY,
  maxRawBytes: Number.POSITIVE_INFINITY,
  // It is read into one string.
  maxManifestBytes: 256 * 1024 * 1024,
  maxDepth: 64,
};

/**
 * Writes the data directory of a stopped server with an embedded database to one archive, and its keys to another. Each file appears
 * only when it is complete and on the disk.
 * @param signal ends it; then nothing is left of the backup
 * @throws SetupError when a server uses the directory, when the database is PostgreSQL, or when a file exists already
 */
export async function backUpData(
  config: Directories,
  files: BackupFiles,
  signal: AbortSignal = NEVER,
): Promise<DataBackup> {
  assertEmbedded(config);
  const { dataDir } = config;
  const databaseDir = join(dataDir, 'db');
  if (!existsSync(join(databaseDir, 'pgdata'))) {
    throw new SetupError(`${dataDir} is not the data directory of a server with an embedded database`, {
      hint: 'name it with --data or OCPCTL_DATA_DIR',
    });
  }
  const keyDir = keyDirectory(config);
  for (const file of [files.data, files.keys]) await assertTarget(file, [dataDir, keyDir]);
  const note = join(dataDir, NOTE_NAME);
  const lock = await acquireLockFile(join(databaseDir, LOCK_NAME));
  try {
    const locks = (await readdir(databaseDir)).filter((name) => name.startsWith(LOCK_NAME));
    const exclude = [...NOT_IN_BACKUP, 'keys', ...locks.map((name) => `db/${name}`)];
    await writeFile(note, `${JSON.stringify({ version: 1, keyIds: await presentKeyIds(keyDir) })}\n`, {
      mode: 0o600,
    });
    await writeSnapshot(keyDir, files.keys, [], signal);
    const written = await writeSnapshot(dataDir, files.data, exclude, signal).catch(
      async (error: unknown) => {
        await rm(files.keys, { force: true });
        throw error;
      },
    );
    return { ...files, ...written };
  } finally {
    await rm(note, { force: true });
    lock.release();
  }
}

/**
 * Unpacks a backup into a data directory that is missing or empty, after the SHA-256 of each file was compared.
 * @param files without `keys`, the key directory has to have them already
 * @param signal ends it; then nothing is left of the restore
 * @throws SetupError when a target is not empty or an archive is damaged. Then nothing is left of the restore
 */
export async function restoreData(
  config: Directories,
  files: { readonly data: string; readonly keys?: string | undefined },
  signal: AbortSignal = NEVER,
): Promise<{ readonly dataDir: string; readonly files: number }> {
  assertEmbedded(config);
  const { dataDir } = config;
  const keyDir = keyDirectory(config);
  if (files.keys === undefined) await presentKeyIds(keyDir);
  await removeIfEmpty(dataDir);
  if (files.keys !== undefined && keyDir !== join(dataDir, 'keys')) await removeIfEmpty(keyDir);
  const manifest = await readSnapshot(files.data, dataDir, signal);
  try {
    if (files.keys !== undefined) await readSnapshot(files.keys, keyDir, signal);
    await assertFit(dataDir, keyDir, files);
    signal.throwIfAborted();
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    if (files.keys !== undefined) await rm(keyDir, { recursive: true, force: true });
    throw error;
  }
  await rm(join(dataDir, NOTE_NAME), { force: true });
  return { dataDir, files: manifest.files.length };
}

/** @throws SetupError when the archives are not data and keys of one installation: its server would start empty, or not at all */
async function assertFit(
  dataDir: string,
  keyDir: string,
  files: { readonly data: string; readonly keys?: string | undefined },
): Promise<void> {
  const text = await ifExists(readFile(join(dataDir, NOTE_NAME), 'utf8'));
  if (text === undefined || !existsSync(join(dataDir, 'db', 'pgdata', 'PG_VERSION'))) {
    throw new SetupError(`${files.data} is not the data archive of a backup`, {
      hint: 'the data is FILE, the keys are FILE.keys',
    });
  }
  const { keyIds } = noteSchema.parse(JSON.parse(text));
  const present = await presentKeyIds(keyDir);
  const missing = keyIds.filter((id) => !present.includes(id));
  if (missing.length === 0) return;
  throw new SetupError(`${files.keys ?? keyDir} is without the key ${missing.join(', ')} of this backup`, {
    hint: 'use the FILE.keys that was written with FILE',
  });
}

/** @throws SetupError when the directory has no key file */
async function presentKeyIds(keyDir: string): Promise<string[]> {
  const ids = await readKeyIds(keyDir);
  if (ids !== undefined) return ids;
  throw new SetupError(`there is no key file in ${keyDir}`, {
    hint: 'without the keys nothing of the data can be used: name their archive with --keys, or their directory with OCPCTL_KEY_DIR',
  });
}

function assertEmbedded({ databaseUrl }: Directories): void {
  if (databaseUrl === undefined) return;
  throw new SetupError('DATABASE_URL is set: this is for the embedded database only', {
    hint: 'PostgreSQL has tools of its own, see docs/backup.md',
  });
}

/** @throws SetupError for a file that exists, or that would be a part of a backup, this one or the next */
async function assertTarget(file: string, directories: readonly string[]): Promise<void> {
  const inside = directories.find((directory) => `${file}/`.startsWith(`${resolve(directory)}/`));
  if (inside !== undefined) {
    throw new SetupError(`${file} is in ${inside}, which is what is backed up`, {
      hint: 'write the backup to another directory, best on another disk',
    });
  }
  const found = await ifExists(lstat(file));
  if (found !== undefined)
    throw new SetupError(`${file} exists already`, { hint: 'choose another name, or remove it' });
}

/** A restore makes its target anew. */
async function removeIfEmpty(directory: string): Promise<void> {
  const entries = await ifExists(readdir(directory));
  if (entries === undefined) return;
  if (entries.length > 0) {
    throw new SetupError(`${directory} is not empty: a restore does not mix with what is there`, {
      hint: 'name an empty directory, or move this one away',
    });
  }
  await rmdir(directory);
}

async function writeSnapshot(
  directory: string,
  file: string,
  exclude: readonly string[],
  signal: AbortSignal,
) {
  const draft = `${file}.partial`;
  const snapshot = createSnapshot(directory, { exclude, limits: UNLIMITED });
  try {
    await rm(draft, { force: true });
    const written = await writeDurably(draft, addAbortSignal(signal, snapshot.stream));
    if (!(await publishDurably(draft, file))) throw new SetupError(`${file} exists already`);
    return { ...written, files: snapshot.manifest().files.length };
  } catch (error) {
    throw error instanceof SetupError ? error : fileError(`cannot write ${file}`, error);
  } finally {
    await rm(draft, { force: true });
  }
}

async function readSnapshot(file: string, target: string, signal: AbortSignal) {
  const source = await open(file, 'r').catch((error: unknown) => {
    throw fileError('cannot read the backup', error);
  });
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  return restoreSnapshot(addAbortSignal(signal, source.createReadStream()), target, UNLIMITED).catch(
    (error: unknown) => {
      if (!(error instanceof SnapshotError)) throw error;
      throw new SetupError(`${file} cannot be restored: ${error.message}`, { cause: error });
    },
  );
}
