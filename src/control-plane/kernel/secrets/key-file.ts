import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { syncDirectory, writeDurably } from '../durable-file.ts';
import { fileError, ifExists, SetupError, systemCodeOf } from '../errors.ts';
import { KEY_BYTES, type KeyEncryptionKey } from './envelope.ts';

const KEY_FILE = 'secrets.key.json';
/** What `writeNew` adds to the name of a key file that is not published yet. */
const DRAFT = /^\.[0-9a-f]{12}$/;
/** To write one takes milliseconds. */
const DRAFT_AGE_MS = 60_000;
const GROUP_AND_OTHERS = 0o077;

const keyFileSchema = z
  .strictObject({
    current: z.string().min(1),
    /** Id to 32 bytes in base64. */
    keys: z.record(
      z.string().min(1),
      z.base64().refine((text) => Buffer.from(text, 'base64').length === KEY_BYTES, 'is not 32 bytes'),
    ),
  })
  .refine((file) => file.keys[file.current] !== undefined, 'the current key is missing');
type KeyFile = z.infer<typeof keyFileSchema>;

/** The key encryption keys (KEKs) of an installation. */
export interface KeyRing {
  current(): KeyEncryptionKey;
  find(id: string): KeyEncryptionKey | undefined;
  ids(): string[];
  /** Reads the file again, because another process may have added a key. */
  reload(): Promise<void>;
}

/**
 * Opens the key file of a folder, and creates both at the first start (0600, 0700). Keep the folder apart from the database and its
 * backups: both together open every secret, and without the key file none can be opened.
 * Removes drafts that a killed process left: they contain the keys.
 * @throws SetupError when others can read it, or when it is not a key file
 */
export async function openKeyRing(
  folder: string,
  newKeyId: () => string,
  nowMs: () => number = Date.now,
): Promise<KeyRing> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fileError(`cannot create the key directory ${folder}`, error);
  });
  await assertPrivate(folder, (await stat(folder)).mode, '700');
  const path = join(folder, KEY_FILE);
  await removeDrafts(folder, nowMs());
  let file = (await readKeyFile(path)) ?? (await createKeyFile(path, newKeyId()));
  const find = (id: string): KeyEncryptionKey | undefined => {
    const text = file.keys[id];
    return text === undefined ? undefined : { id, bytes: Buffer.from(text, 'base64') };
  };
  return {
    find,
    ids: () => Object.keys(file.keys),
    current() {
      const key = find(file.current);
      if (key === undefined) throw notAKeyFile(path);
      return key;
    },
    async reload() {
      file = (await readKeyFile(path)) ?? file;
    },
  };
}

/** The folder of the key file: apart from the data, if the operator chose so. */
export function keyDirectory({
  keyDir,
  dataDir,
}: {
  readonly keyDir?: string | undefined;
  readonly dataDir: string;
}): string {
  return keyDir ?? join(dataDir, 'keys');
}

/** @returns the ids of the keys in a folder; undefined when it has no key file. @throws SetupError as `openKeyRing` */
export async function readKeyIds(folder: string): Promise<string[] | undefined> {
  const file = await readKeyFile(join(folder, KEY_FILE));
  return file && Object.keys(file.keys);
}

/** Starts a rotation: adds a key and makes it the current one. One caller at a time, because the file is read and replaced. */
export async function addKey(folder: string, newKeyId: () => string): Promise<string> {
  const id = newKeyId();
  await replaceKeyFile(folder, ({ keys }) => ({ current: id, keys: { ...keys, [id]: newKey() } }));
  return id;
}

/** Removes unused keys, but never the current one. One caller at a time, as for `addKey`. */
export async function removeKeys(folder: string, ids: readonly string[]): Promise<void> {
  await replaceKeyFile(folder, ({ current, keys }) => ({
    current,
    keys: Object.fromEntries(Object.entries(keys).filter(([id]) => id === current || !ids.includes(id))),
  }));
}

async function replaceKeyFile(folder: string, change: (file: KeyFile) => KeyFile): Promise<void> {
  const path = join(folder, KEY_FILE);
  const file = await readKeyFile(path);
  if (file === undefined) throw new SetupError(`key file ${path} not found`);
  await rename(await writeNew(path, change(file)), path);
  await syncDirectory(folder);
}

async function createKeyFile(path: string, id: string): Promise<KeyFile> {
  const temporary = await writeNew(path, { current: id, keys: { [id]: newKey() } });
  try {
    // A link fails when the name exists, so two servers that start at once use the same key.
    await link(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
  const made = await readKeyFile(path);
  if (made === undefined) throw notAKeyFile(path);
  return made;
}

async function writeNew(path: string, file: KeyFile): Promise<string> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await writeDurably(temporary, [Buffer.from(`${JSON.stringify(file, null, 2)}\n`)]);
  return temporary;
}

async function removeDrafts(folder: string, nowMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(KEY_FILE) || !DRAFT.test(name.slice(KEY_FILE.length))) continue;
    const draft = join(folder, name);
    const mtimeMs = (await ifExists(stat(draft)))?.mtimeMs ?? nowMs;
    if (nowMs - mtimeMs > DRAFT_AGE_MS) await ifExists(unlink(draft));
  }
}

async function readKeyFile(path: string): Promise<KeyFile | undefined> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return undefined;
    throw new SetupError(`the key file ${path} cannot be read (${code})`, { cause: error });
  });
  if (handle === undefined) return undefined;
  try {
    await assertPrivate(path, (await handle.stat()).mode, '600');
    const parsed = keyFileSchema.safeParse(parseJson(await handle.readFile('utf8')));
    if (!parsed.success) throw notAKeyFile(path);
    return parsed.data;
  } finally {
    await handle.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of the parser would contain parts of the file.
    return undefined;
  }
}

async function assertPrivate(path: string, mode: number, wanted: string): Promise<void> {
  if ((mode & GROUP_AND_OTHERS) === 0) return;
  throw new SetupError(`${path} can be read by others (mode ${(mode & 0o777).toString(8)})`, {
    hint: `chmod ${wanted} ${path}`,
  });
}

function notAKeyFile(path: string): SetupError {
  return new SetupError(`${path} is not a key file, or it is damaged`, {
    hint: 'restore it from a backup; without it no stored secret can be opened',
  });
}

const newKey = () => randomBytes(KEY_BYTES).toString('base64');
