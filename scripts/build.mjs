// Builds dist/: the command line (oclif and our client bundled, one entry a command, so that a command loads only what it needs),
// the control plane, the guard, the sandbox's installer, and oclif.manifest.json's twin inside dist is made by scripts/generate.mjs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
if (!existsSync('src') || !existsSync('node_modules/esbuild')) process.exit(0); // installed as a package: dist came with it

const { build } = await import('esbuild');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** @returns every .ts file under a folder. */
function sources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

const entryPoints = Object.fromEntries(
  [
    ...sources('src/commands').map((file) => [relative('src', file).replace(/\.ts$/, ''), file]),
    ['cli', 'src/cli/main.ts'],
    ['control-plane', 'src/control-plane/index.ts'],
    ['embedded-database', 'src/control-plane/embedded-database.ts'],
    ['guard', 'src/control-plane/kernel/process/guard.ts'],
    ['sandbox/openshift-install', 'src/sandbox/openshift-install.ts'],
  ].filter(([, file]) => existsSync(file)),
);

// Built beside dist and renamed at the end: a process that runs from dist while we build sees the old or the new one, never half of it.
const next = `dist.next-${process.pid}`;
rmSync(next, { recursive: true, force: true });
await build({
  entryPoints,
  outdir: next,
  bundle: true,
  splitting: true,
  chunkNames: 'shared/[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
  jsx: 'automatic',
  // ESM builds where packages have them: CommonJS ones keep what they do not use.
  mainFields: ['module', 'main'],
  conditions: ['module'],
  define: { OCPCTL_VERSION: JSON.stringify(version) },
  external: [
    '@electric-sql/pglite', 'ajv', 'ajv-formats', 'fastify', '@fastify/response-validation', 'ink', 'react', 'react/*', 'pg', 'pino', 'tar-stream', 'zod',
  ],
  banner: { js: "import { createRequire as ocpctlRequire } from 'node:module';\nconst require = ocpctlRequire(import.meta.url);" },
}).then((result) => {
  mkdirSync(next, { recursive: true });
  writeFileSync(join(next, 'metafile.json'), JSON.stringify(result.metafile));
});

if (process.argv.includes('--types') || process.env.npm_lifecycle_event === 'prepare' || process.env.npm_command === 'pack') {
  const types = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json', '--outDir', join(next, 'types')],
    { stdio: 'inherit' },
  );
  if (types.status !== 0) process.exit(types.status ?? 1);
} else if (existsSync('dist/types')) {
  renameSync('dist/types', join(next, 'types'));
}

await keepOrMakeDatabase();

const old = `dist.old-${process.pid}`;
if (existsSync('dist')) renameSync('dist', old);
renameSync(next, 'dist');
rmSync(old, { recursive: true, force: true });

/** The migrated empty database takes seconds to make, so it is made again only when a migration or the engine changed. */
async function keepOrMakeDatabase() {
  const engine = JSON.parse(readFileSync('node_modules/@electric-sql/pglite/package.json', 'utf8')).version;
  const key = createHash('sha256').update(engine).update(readFileSync('src/control-plane/migrations/migrations.gen.ts')).digest('hex');
  const keyFile = 'database.sha256';
  if (existsSync(join('dist', keyFile)) && readFileSync(join('dist', keyFile), 'utf8') === key) {
    copyFileSync(join('dist', 'database.tar.gz'), join(next, 'database.tar.gz'));
  } else {
    const { writeEmbeddedDatabase } = await import(pathToFileURL(resolve(next, 'embedded-database.js')).href);
    await writeEmbeddedDatabase(join(next, 'database.tar.gz'));
  }
  writeFileSync(join(next, keyFile), key);
}
