import { constants } from 'node:fs';
import { mkdir, open, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readArchive, type SourceArchive } from './read-archive.ts';

/**
 * Unpacks an archive into a directory that must not exist, and that only the user of the server can enter. Links are made last, so that
 * nothing is written through one.
 * @throws SourceError and errors of the disk: nothing is left then
 */
export async function unpackSource(archive: SourceArchive, directory: string): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  try {
    const links: { readonly path: string; readonly target: string }[] = [];
    await readArchive(archive, async (entry, content) => {
      const path = join(directory, entry.path);
      if (entry.type === 'directory') await mkdir(path, { recursive: true });
      else if (entry.type === 'symlink') links.push({ path, target: entry.target });
      else await writeNewFile(path, entry.isProgram, content);
    });
    for (const { path, target } of links) {
      await mkdir(dirname(path), { recursive: true });
      await symlink(target, path);
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function writeNewFile(
  path: string,
  isProgram: boolean,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, isProgram ? 0o755 : 0o644);
  try {
    for await (const chunk of content)
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
  } finally {
    await file.close();
  }
}
