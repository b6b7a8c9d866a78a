import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, lchown, lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Larger files are streamed. */
const WHOLE_BYTES = 1024 * 1024;
/** Files read at a time: a tree has tens of thousands of small ones. */
const AT_A_TIME = 16;

export interface SealedTree {
  /** `sha256:…` over names, kinds, rights to execute and contents. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly files: number;
}

interface Entry {
  readonly path: string;
  readonly line: string;
  readonly sizeBytes: number;
}

/**
 * Makes a tree that a build made readable for all and writable for none but its owner, and says what is in it. Links are neither followed
 * nor changed; sockets and pipes are left out of the digest. No other process may write into it meanwhile.
 * @param owner who gets it all; as it is when undefined
 * @param part what of it is run: the same tree is another output when another part is
 */
export async function sealTree(root: string, owner: number | undefined, part: string): Promise<SealedTree> {
  const entries: Entry[] = [];
  await sealDirectory(root, '', owner, entries);
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  const hash = createHash('sha256').update(`${JSON.stringify(part)}\n`);
  for (const { line } of entries) hash.update(line);
  return {
    digest: `sha256:${hash.digest('hex')}`,
    sizeBytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    files: entries.length,
  };
}

async function sealDirectory(
  root: string,
  path: string,
  owner: number | undefined,
  entries: Entry[],
): Promise<void> {
  const directory = join(root, path);
  if (owner !== undefined) await lchown(directory, owner, owner);
  await chmod(directory, 0o755);
  const found = await readdir(directory, { withFileTypes: true });
  for (let at = 0; at < found.length; at += AT_A_TIME) {
    const work = found.slice(at, at + AT_A_TIME).map(async (entry) => {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) return;
      if (owner !== undefined) await lchown(join(root, below), owner, owner);
      if (entry.isSymbolicLink()) entries.push(await sealLink(root, below));
      else if (entry.isFile()) entries.push(await sealFile(root, below));
    });
    await Promise.all(work);
  }
  for (const entry of found) {
    if (entry.isDirectory())
      await sealDirectory(root, path === '' ? entry.name : `${path}/${entry.name}`, owner, entries);
  }
}

async function sealLink(root: string, path: string): Promise<Entry> {
  return { path, line: `link ${JSON.stringify([path, await readlink(join(root, path))])}\n`, sizeBytes: 0 };
}

async function sealFile(root: string, path: string): Promise<Entry> {
  const file = join(root, path);
  const { mode, size } = await lstat(file);
  const isProgram = (mode & 0o100) !== 0;
  await chmod(file, isProgram ? 0o755 : 0o644);
  const hash = createHash('sha256');
  if (size <= WHOLE_BYTES) hash.update(await readFile(file));
  else await pipeline(createReadStream(file), hash);
  const line = `${isProgram ? 'program' : 'file'} ${JSON.stringify(path)} ${hash.digest('hex')}\n`;
  return { path, line, sizeBytes: size };
}
