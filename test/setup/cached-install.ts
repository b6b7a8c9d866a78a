import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** @returns the folder in the cache where this is installed, after it was installed if it was not there yet. */
export async function cachedInstall(name: string, install: (home: string) => Promise<void>): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ocpctl-tests');
  const home = join(cache, name.replace(/[^a-zA-Z0-9.]+/g, '-'));
  // Written last: an installation that was cut off has none, and is made again.
  const complete = join(home, '.complete');
  if (existsSync(complete)) return home;
  await mkdir(cache, { recursive: true });
  try {
    await install(home);
    await writeFile(complete, '');
  } catch (error) {
    await rm(home, { recursive: true, force: true });
    throw error;
  }
  return home;
}
