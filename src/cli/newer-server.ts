import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../contract/documents.ts';
import { configDirectory } from './config/context-file.ts';
import { writePrivateFile } from './config/private-file.ts';
import type { Io } from './output/io.ts';
import { isCi } from './output/terminal.ts';

const FILE = 'newer-server.json';
const DAY_MS = 24 * 60 * 60_000;
const VERSION = /^(\d+)\.(\d+)\.(\d+)$/;

/**
 * Says on a terminal, at most once a day, that the server is newer than this program. Only the server is asked: it tells its version in
 * each answer.
 */
export async function noteNewerServer(io: Io, own: string, server: string): Promise<void> {
  if (io.stderr.isTTY !== true || isCi(io.env) || !isNewer(server, own)) return;
  const file = join(configDirectory(io.env), FILE);
  const nowMs = io.now().getTime();
  const saidMs = await timeOf(file);
  if (saidMs <= nowMs && nowMs - saidMs < DAY_MS) return;
  // Where it cannot be noted that it was said, it would be said each time.
  const isWritten = await writePrivateFile(file, JSON.stringify({ saidMs: nowMs })).then(
    () => true,
    () => false,
  );
  if (isWritten)
    io.stderr.write(
      `The server runs ocpctl ${server}, this is ${own}: 'npm install --global ocpctl@${server}' updates it.\n`,
    );
}

/** @returns when it was said last, in milliseconds since 1970; 0 if it never was */
async function timeOf(file: string): Promise<number> {
  try {
    const saved: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isObject(saved) ? Number(saved['saidMs']) || 0 : 0;
  } catch {
    return 0;
  }
}

/** Only releases are: no prerelease, and nothing that is not a version. */
function isNewer(version: string, than: string): boolean {
  const [a, b] = [VERSION.exec(version), VERSION.exec(than)];
  if (a === null || b === null) return false;
  const parts = [1, 2, 3].map((i) => Number(a[i]) - Number(b[i]));
  return (parts.find((part) => part !== 0) ?? 0) > 0;
}
