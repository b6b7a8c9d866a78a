import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

/** By scripts/bundle.mjs. */
declare const BUNDLE_HASH: string;

const MAX_AGE_MS = 30 * 24 * 3_600_000;

interface CachedBundle<Exports> {
  readonly exports: Exports;
  /** Keeps the code that was compiled by now for the next run, if it was not there yet. */
  readonly keep: () => void;
}

/**
 * Loads a bundle of CommonJS, which is the function that Node.js makes of such a file, with the machine-independent code that V8 made of it in an earlier run, which saves a third of the time
 * of a quick command. V8 refuses code of another version of itself, and the name of the file has the hash of the bundle.
 * @param use what the bundle is loaded for: the code of functions that this use never called is not kept
 */
export function loadCached<Exports>(file: string, use: string): CachedBundle<Exports> {
  const path =
    process.env['NODE_DISABLE_COMPILE_CACHE'] === '1'
      ? undefined
      : join(cachePath(), `${BUNDLE_HASH}-${process.version}-${process.arch}-${use.replaceAll(':', '-')}.v8`);
  const cachedData = path === undefined ? undefined : readOwn(path);
  // esbuild writes ASCII only.
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const loaded: { exports: Exports } = { exports: {} as Exports };
  script.runInThisContext()(loaded.exports, requireFrom(file), loaded, file, dirname(file));
  const isThere = cachedData !== undefined && script.cachedDataRejected === false;
  return {
    exports: loaded.exports,
    keep: () => {
      if (path !== undefined && !isThere) keep(path, script.createCachedData());
    },
  };
}

/** Packages are rare, and `createRequire` costs 0.5 ms. */
function requireFrom(file: string) {
  return (name: string) =>
    process.getBuiltinModule(name) ?? process.getBuiltinModule('node:module').createRequire(file)(name);
}

/** $XDG_CACHE_HOME/ocpctl or ~/.cache/ocpctl */
function cachePath(): string {
  const { env } = process;
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'ocpctl');
}

/** @returns the directory for caches, made if it was not there; undefined if there can be none */
export function cacheDirectory(): string | undefined {
  const path = cachePath();
  try {
    // Not recursive: a home that does not exist is not made.
    for (const each of [dirname(path), path]) if (!existsSync(each)) mkdirSync(each, { mode: 0o700 });
    return path;
  } catch {
    return undefined;
  }
}

/** @returns undefined if there is no such file, or if another user could have written it: it is run as this user */
function readOwn(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { uid, mode } = fstatSync(file);
    const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    return isOwn ? readFileSync(file) : undefined;
  } finally {
    closeSync(file);
  }
}

/** Renamed when it is complete, as other runs may read it. A full disk or a read-only home costs the speed, not the command. */
function keep(path: string, data: Buffer): void {
  const directory = cacheDirectory();
  if (directory === undefined) return;
  const temporary = join(directory, `${process.pid}.tmp`);
  try {
    for (const old of readdirSync(directory).filter((entry) => /\.(v8|tmp)$/.test(entry)))
      if (statSync(join(directory, old)).mtimeMs < Date.now() - MAX_AGE_MS) rmSync(join(directory, old));
    writeFileSync(temporary, data, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } catch {
    rmSync(temporary, { force: true });
  }
}
