import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { InstallerError, isNotFound } from './installer-error.ts';
import { compareVersions } from './installer-version.ts';

const recordSchema = z.object({
  version: z.string(),
  url: z.string(),
  archiveSha256: z.string(),
  binarySha256: z.string(),
  signature: z.enum(['verified', 'not-checked']),
  fetchedAt: z.string(),
});

const recordText = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(recordSchema);

/** What was checked when a cached installer came in; lies beside it as `installer.json`. */
export type CachedInstaller = z.infer<typeof recordSchema>;

export const INSTALLER_FILE = 'openshift-install';
export const CACHE_RECORD_FILE = 'installer.json';

const VERSION_NAME = /^[0-9][0-9A-Za-z.+-]*$/;

/** @throws InstallerError INSTALLER_VERSION_UNKNOWN for a text that cannot be a version, nor a folder's name */
export function cacheEntryDir(cacheDir: string, version: string): string {
  if (!VERSION_NAME.test(version) || version.includes('..')) {
    throw new InstallerError('INSTALLER_VERSION_UNKNOWN', `${JSON.stringify(version)} is not a version`);
  }
  return join(cacheDir, version);
}

export function cachedInstallerFile(cacheDir: string, version: string): string {
  return join(cacheEntryDir(cacheDir, version), INSTALLER_FILE);
}

/** @returns the cached installers, oldest version first; a cache that does not exist is empty. */
export async function listCachedInstallers(cacheDir: string): Promise<CachedInstaller[]> {
  const found: CachedInstaller[] = [];
  for (const name of await namesIn(cacheDir)) {
    if (!VERSION_NAME.test(name)) continue;
    const record = await readCacheRecord(cacheDir, name);
    if (record) found.push(record);
  }
  return found.sort((a, b) => compareVersions(a.version, b.version));
}

/** @returns the record of a version; undefined when it is not cached, or nobody can tell what was checked. */
export async function readCacheRecord(
  cacheDir: string,
  version: string,
): Promise<CachedInstaller | undefined> {
  let text: string;
  try {
    text = await readFile(join(cacheEntryDir(cacheDir, version), CACHE_RECORD_FILE), 'utf8');
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw thrown;
  }
  return recordText.safeParse(text).data;
}

/** Reads a cached installer again and compares. @throws InstallerError INSTALLER_NOT_FOUND, INSTALLER_CHECKSUM_MISMATCH */
export async function verifyCachedInstaller(cacheDir: string, version: string): Promise<CachedInstaller> {
  const record = await readCacheRecord(cacheDir, version);
  if (!record) throw new InstallerError('INSTALLER_NOT_FOUND', `openshift-install ${version} is not cached`);
  const hash = createHash('sha256');
  await pipeline(createReadStream(cachedInstallerFile(cacheDir, version)), hash);
  if (hash.digest('hex') === record.binarySha256) return record;
  throw new InstallerError(
    'INSTALLER_CHECKSUM_MISMATCH',
    `the cached openshift-install ${version} was changed`,
    {
      hint: `remove ${cacheEntryDir(cacheDir, version)} and fetch it again`,
    },
  );
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (thrown) {
    if (isNotFound(thrown)) return [];
    throw thrown;
  }
}
