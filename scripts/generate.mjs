// Makes every generated file. `npm run gen -- --check` writes nothing and fails when one of them is stale.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Plugin } from '@oclif/core';
import { build } from 'esbuild';
import { performancePage } from '../bench/lib/report.mjs';
import { bundle } from './bundle.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const GENERATED = {
  'src/contract/api.gen.ts': apiTypes,
  'src/control-plane/migrations/migrations.gen.ts': migrations,
  'profiles/profile.schema.json': profileSchema,
  'schemas/cluster-file.schema.json': clusterFileSchema,
  'oclif.manifest.json': commandManifest,
  'docs/errors.md': errorsPage,
  'docs/configuration.md': configurationPage,
  'docs/performance.md': () => performancePage(JSON.parse(readFileSync('bench/results.json', 'utf8'))),
};

/** Folders with nothing but generated files. */
const GENERATED_FOLDERS = { 'docs/cli': commandDocs, man: manPages, 'schemas/output': outputSchemas };

const check = process.argv.includes('--check');
const stale = [];
let manifest = '';
const scratch = mkdtempSync(join(tmpdir(), 'ocpctl-gen-'));
try {
  for (const [file, make] of Object.entries(GENERATED)) keep(file, await make());
  for (const [folder, make] of Object.entries(GENERATED_FOLDERS)) {
    const files = await make();
    for (const [name, content] of Object.entries(files)) keep(join(folder, name), content);
    for (const name of readdirSync(folder)) if (!(name in files)) remove(join(folder, name));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (!check && stale.length === 0) process.stdout.write('all generated files are up to date\n');
if (check && stale.length > 0) {
  process.stderr.write(`stale generated files (run npm run gen): ${stale.join(', ')}\n`);
  process.exitCode = 1;
}

function keep(file, content) {
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return;
  stale.push(file);
  if (check) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  process.stdout.write(`wrote ${file}\n`);
}

/** Of a command that is no more. */
function remove(file) {
  stale.push(file);
  if (check) return;
  rmSync(file);
  process.stdout.write(`removed ${file}\n`);
}

/** From openapi.yaml. */
function apiTypes() {
  const file = join(scratch, 'api.ts');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/openapi-typescript/bin/cli.js', 'openapi.yaml', '-o', file],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`openapi-typescript failed:\n${stdout}${stderr}`);
  return readFileSync(file, 'utf8');
}

/** From the .sql files: a bundle has no files beside it. */
function migrations() {
  const folder = 'src/control-plane/migrations';
  const entries = readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name), 'utf8');
      const sha256 = createHash('sha256').update(sql).digest('hex');
      return `  {\n    version: ${Number(name.slice(0, 4))},\n    name: '${name.slice(5, -4)}',\n    sha256: '${sha256}',\n    sql: ${JSON.stringify(sql)},\n  },`;
    });
  return `// Made by \`npm run gen\` from the .sql files beside it.\nimport type { Migration } from '../kernel/db/migrate.ts';\n\nexport const MIGRATIONS: readonly Migration[] = [\n${entries.join('\n')}\n];\n`;
}

/** From the zod schema, for editors. */
async function profileSchema() {
  const { profileJsonSchema } = await load('scripts/pages/profile-schema.ts');
  return `${JSON.stringify(profileJsonSchema(), null, 2)}\n`;
}

/** From the request of the API, for editors. */
async function clusterFileSchema() {
  const { clusterFileJsonSchema } = await load('scripts/pages/cluster-file-schema.ts');
  return `${JSON.stringify(clusterFileJsonSchema(readFileSync('openapi.yaml', 'utf8')), null, 2)}\n`;
}

/** From the tables of error codes. */
async function errorsPage() {
  const page = await load('scripts/pages/errors.ts');
  return page.errorsPage();
}

/** From the manifest, which is made before. */
async function commandDocs() {
  const page = await load('scripts/pages/command-docs.ts');
  return page.commandDocs(manifest, packageJson().oclif.topics);
}

/** From openapi.yaml, and from a table of the documents that only commands have. */
async function outputSchemas() {
  const { outputSchemas: schemas } = await load('scripts/pages/output-schemas.ts');
  const found = schemas(readFileSync('openapi.yaml', 'utf8'));
  return Object.fromEntries(
    Object.entries(found).map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}

/** From the manifest, which is made before. */
async function manPages() {
  const page = await load('scripts/pages/man-pages.ts');
  return page.manPages(manifest, packageJson().oclif.topics, packageJson().version);
}

function packageJson() {
  return JSON.parse(readFileSync('package.json', 'utf8'));
}

/** From the settings of the command line and the server. */
async function configurationPage() {
  const page = await load('scripts/pages/configuration.ts');
  return page.configurationPage();
}

/** A TypeScript module with what it imports. */
async function load(file) {
  const outfile = join(scratch, `${basename(file, '.ts')}.mjs`);
  await build({
    entryPoints: [file],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    logLevel: 'error',
    // Packages that are CommonJS call require() when they are bundled.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return import(pathToFileURL(outfile).href);
}

/** From the commands as they are bundled now, not from a dist that may be older. */
async function commandManifest() {
  copyFileSync('package.json', join(scratch, 'package.json'));
  symlinkSync(resolve('node_modules'), join(scratch, 'node_modules'), 'junction');
  await bundle(join(scratch, 'dist'));
  const plugin = new Plugin({
    root: scratch,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  // oclif lists files in the order in which their reads end.
  const commands = Object.fromEntries(
    Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  manifest = `${JSON.stringify({ ...plugin.manifest, commands }, null, 2)}\n`;
  return manifest;
}
