import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { CliError } from '../errors/cli-error.ts';
import { isSecretsFile, SourceIgnores } from './source-ignores.ts';

export interface SourceLimits {
  /** Of all files together. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

const MIB = 1024 * 1024;
/** What a server takes unless its operator says more. */
export const SOURCE_LIMITS: SourceLimits = { maxBytes: 256 * MIB, maxFiles: 50_000 };
const SHOWN = 5;

export type SourceEntry =
  | { readonly path: string; readonly type: 'file'; readonly size: number; readonly isProgram: boolean }
  | { readonly path: string; readonly type: 'symlink'; readonly target: string };

export interface SourceListing {
  /** In the order of their paths. */
  readonly entries: readonly SourceEntry[];
  /** Files of secrets that were left out: their values are set as variables. */
  readonly secretsFiles: readonly string[];
}

/**
 * Lists what of a directory is the source of a service. Directories are there by their files only; sockets, pipes and devices are left out.
 * @throws CliError when a link leads out of it, or when it is too large
 */
export async function listSource(
  directory: string,
  limits: SourceLimits = SOURCE_LIMITS,
): Promise<SourceListing> {
  const entries: SourceEntry[] = [];
  const secretsFiles: string[] = [];
  const walk = async (below: string, ignores: SourceIgnores): Promise<void> => {
    for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
      const path = `${below}${entry.name}`;
      // In a worktree it is a file.
      if (entry.name === '.git') continue;
      if (entry.isDirectory()) {
        if (!ignores.isIgnored(`${path}/`)) await walk(`${path}/`, await ignores.below(`${path}/`));
      } else if (isSecretsFile(entry.name)) secretsFiles.push(path);
      else if (!ignores.isIgnored(path)) entries.push(...(await entryOf(directory, path)));
    }
  };
  await walk('', await SourceIgnores.forRoot(directory));
  entries.sort(byPath);
  assertSize(entries, limits);
  return { entries, secretsFiles: secretsFiles.sort() };
}

async function entryOf(directory: string, path: string): Promise<SourceEntry[]> {
  const found = await lstat(join(directory, path));
  if (found.isFile())
    return [{ path, type: 'file', size: found.size, isProgram: (found.mode & 0o100) !== 0 }];
  if (!found.isSymbolicLink()) return [];
  const target = (await readlink(join(directory, path))).replace(/\/+$/, '');
  assertInside(path, target);
  return [{ path, type: 'symlink', target }];
}

/** A detour over another link could lead out, so that names may follow `..`, and not the other way round. */
function assertInside(path: string, target: string): void {
  const reached = posix.join(posix.dirname(path), target);
  const isInside = !posix.isAbsolute(target) && reached !== '..' && !reached.startsWith('../');
  if (isInside && posix.normalize(target) === target.replace(/^\.\//, '')) return;
  throw new CliError('SOURCE_LINK', `the link ${path} leads out of the directory: ${target}`, {
    hint: 'replace it by what it leads to, or name it in .ocpctlignore',
  });
}

function assertSize(entries: readonly SourceEntry[], { maxBytes, maxFiles }: SourceLimits): void {
  const total = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  const isTooMany = entries.length > maxFiles;
  if (total <= maxBytes && !isTooMany) return;
  const what = isTooMany
    ? `${entries.length} files; at most ${maxFiles}`
    : `${inMib(total)}; at most ${inMib(maxBytes)}`;
  const largest = largestOf(entries, isTooMany ? () => 1 : sizeOf);
  const shown = largest.map(([name, amount]) => `${name} (${isTooMany ? `${amount} files` : inMib(amount)})`);
  throw new CliError(
    'SOURCE_TOO_LARGE',
    `the source has ${what} can be deployed. Largest: ${shown.join(', ')}`,
    {
      hint: 'name what the service does not need in .ocpctlignore',
    },
  );
}

/** By what is at the top: a directory counts with all that is in it. */
function largestOf(
  entries: readonly SourceEntry[],
  amountOf: (entry: SourceEntry) => number,
): [string, number][] {
  const sums = new Map<string, number>();
  for (const entry of entries) {
    const [first = '', ...rest] = entry.path.split('/');
    const name = rest.length === 0 ? first : `${first}/`;
    sums.set(name, (sums.get(name) ?? 0) + amountOf(entry));
  }
  return [...sums].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
}

function sizeOf(entry: SourceEntry): number {
  return entry.type === 'file' ? entry.size : 0;
}

function inMib(bytes: number): string {
  return `${Math.round((bytes / MIB) * 10) / 10} MiB`;
}

function byPath(a: SourceEntry, b: SourceEntry): number {
  return a.path < b.path ? -1 : 1;
}
