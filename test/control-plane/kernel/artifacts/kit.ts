import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ocpctl-artifacts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** What a folder holds: of each path its kind, mode, and content's checksum. */
export async function pictureOf(folder: string, path = ''): Promise<Record<string, string>> {
  const picture: Record<string, string> = {};
  for (const name of (await readdir(join(folder, path))).sort()) {
    const below = path === '' ? name : `${path}/${name}`;
    const found = await lstat(join(folder, below));
    const mode = (found.mode & 0o7777).toString(8);
    if (found.isDirectory()) {
      picture[below] = `directory ${mode}`;
      Object.assign(picture, await pictureOf(folder, below));
    } else if (found.isFile()) picture[below] = `file ${mode} ${sha256(await readFile(join(folder, below)))}`;
    else picture[below] = 'other';
  }
  return picture;
}

export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
