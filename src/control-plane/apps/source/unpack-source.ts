import { constants } from 'node:fs';
import { mkdir, open, readdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { type ArchiveOptions, readArchive } from './read-archive.ts';
import { SourceError } from './source-error.ts';
import { type SourceSummary, SourceSummaryBuilder } from './source-summary.ts';

/**
 * Unpacks a tar.gz into a directory that is empty or does not exist yet, and that only the user of the server can enter. Links are made
 * last, so that nothing is written through one.
 * @throws SourceError and errors of the disk: the directory is gone then
 */
export async function unpackSource(
  archive: Readable,
  { directory, ...options }: ArchiveOptions & { readonly directory: string },
): Promise<SourceSummary> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) throw new SourceError('UNSAFE', `${directory} is not empty`);
  try {
    const found = new SourceSummaryBuilder();
    const links: { readonly path: string; readonly target: string }[] = [];
    const contentSha256 = await readArchive(archive, options, async (entry, content) => {
      const path = join(directory, entry.path);
      if (entry.type === 'directory') {
        await mkdir(path, { recursive: true });
        return;
      }
      const read = found.add(entry, content);
      if (entry.type === 'file') await writeNewFile(path, entry.isProgram, read);
      else {
        links.push({ path, target: entry.target });
        await read.next();
      }
    });
    for (const { path, target } of links) {
      await mkdir(dirname(path), { recursive: true });
      await symlink(target, path);
    }
    return found.summary(contentSha256);
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
