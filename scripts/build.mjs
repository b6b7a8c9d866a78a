// Builds dist/: the programs, the empty database of the embedded engine and, for a package, the library's types.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (!existsSync('node_modules/esbuild')) {
  process.stderr.write('not built: the development dependencies are not installed\n');
  process.exit(0);
}

const { bundle } = await import('./bundle.mjs');

// Built beside dist and renamed at the end: a process that runs from dist while we build sees the old or the new one, never half of it.
const next = `dist.next-${process.pid}`;
rmSync(next, { recursive: true, force: true });
try {
  writeFileSync(join(next, 'metafile.json'), JSON.stringify(await bundle(next)));
  keepOrMakeTypes();
  await keepOrMakeDatabase();
  replaceDist();
} finally {
  rmSync(next, { recursive: true, force: true });
}

/** Only a package needs the types, and to make them takes longer than all the rest: `npm ci` and `npm pack` ask for them. */
function keepOrMakeTypes() {
  if (process.argv.includes('--types')) {
    const { status } = spawnSync(
      process.execPath,
      [
        'node_modules/typescript-native/bin/tsc',
        '-p',
        'tsconfig.types.json',
        '--outDir',
        join(next, 'types'),
      ],
      { stdio: 'inherit' },
    );
    if (status !== 0) throw new Error('the types of the library were not made');
  } else if (existsSync('dist/types')) {
    cpSync('dist/types', join(next, 'types'), { recursive: true });
  }
}

/** The migrated empty database takes seconds to make, so it is made again only when a migration or the engine changed. */
async function keepOrMakeDatabase() {
  const engine = JSON.parse(readFileSync('node_modules/@electric-sql/pglite/package.json', 'utf8')).version;
  const key = createHash('sha256')
    .update(engine)
    .update(readFileSync('src/control-plane/migrations/migrations.gen.ts'))
    .digest('hex');
  const keyFile = 'database.sha256';
  if (existsSync(join('dist', keyFile)) && readFileSync(join('dist', keyFile), 'utf8') === key) {
    copyFileSync(join('dist', 'database.tar.gz'), join(next, 'database.tar.gz'));
  } else {
    const { writeEmbeddedDatabase } = await import(pathToFileURL(resolve(next, 'package-files.js')).href);
    await writeEmbeddedDatabase(join(next, 'database.tar.gz'));
  }
  writeFileSync(join(next, keyFile), key);
}

/** Two builds at a time may both come here; the last one stays. */
function replaceDist() {
  for (let tries = 0; ; tries++) {
    const old = `dist.old-${process.pid}-${tries}`;
    try {
      if (existsSync('dist')) renameSync('dist', old);
      renameSync(next, 'dist');
      return;
    } catch (error) {
      if (tries === 5) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}
