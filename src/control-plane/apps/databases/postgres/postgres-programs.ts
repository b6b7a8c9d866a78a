import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';
import { runProgram } from '../../../kernel/process/run-program.ts';

const DEBIAN_DIRECTORY = '/usr/lib/postgresql';
const VERSION_TIMEOUT_MS = 10_000;

export interface PostgresPrograms {
  /** Folder of `initdb` and `postgres`. */
  readonly directory: string;
  /** As `15`: data of one is not opened by another. */
  readonly version: string;
}

/**
 * Finds PostgreSQL on this host: where Debian has it, newest first, then on the search path.
 * @param version only this one: of the programs that made the data
 */
export async function findPostgres(
  searchPath: string,
  version?: string,
): Promise<PostgresPrograms | undefined> {
  const versions = ifReadable(() => readdirSync(DEBIAN_DIRECTORY)) ?? [];
  const ofDebian = versions
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .map((name) => join(DEBIAN_DIRECTORY, name, 'bin'));
  for (const directory of [...ofDebian, ...searchPath.split(':')]) {
    if (!['initdb', 'postgres'].every((name) => isProgram(join(directory, name)))) continue;
    const found = await versionOf(directory);
    if (found !== undefined && (version === undefined || found === version))
      return { directory, version: found };
  }
  return undefined;
}

async function versionOf(directory: string): Promise<string | undefined> {
  const { stdout } = await runProgram(join(directory, 'postgres'), ['--version'], {
    env: {},
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  return / (\d+)[.\w]* ?/.exec(stdout)?.[1];
}

function isProgram(path: string): boolean {
  return ifReadable(() => (statSync(path).mode & 0o111) !== 0) ?? false;
}
