// Makes every generated file. `npm run gen -- --check` writes nothing and fails when one of them is stale.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const check = process.argv.includes('--check');
const stale = [];

/** Writes a generated file, or with --check notes that it differs. */
function emit(file, content) {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  if (before === content) return;
  if (check) stale.push(file);
  else writeFileSync(file, content);
}

/** Runs a package's own bin script on this Node, so that no PATH or shell is involved. */
function run(script, args, env = {}) {
  const result = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status !== 0) throw new Error(`${script} ${args.join(' ')} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

const scratch = mkdtempSync(join(tmpdir(), 'ocpctl-gen-'));
try {
  const api = join(scratch, 'api.ts');
  run('node_modules/openapi-typescript/bin/cli.js', ['openapi.yaml', '-o', api]);
  emit('src/contract/api.gen.ts', readFileSync(api, 'utf8'));

  const migrations = readdirSync('src/control-plane/migrations')
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(join('src/control-plane/migrations', name), 'utf8');
      const sha256 = createHash('sha256').update(sql).digest('hex');
      return `  {\n    version: ${Number(name.slice(0, 4))},\n    name: '${name.slice(5, -4)}',\n    sha256: '${sha256}',\n    sql: ${JSON.stringify(sql)},\n  },`;
    });
  emit(
    'src/control-plane/migrations/migrations.gen.ts',
    `// Made by \`npm run gen\` from the .sql files beside it.\nimport type { Migration } from '../kernel/db/migrate.ts';\n\nexport const MIGRATIONS: readonly Migration[] = [\n${migrations.join('\n')}\n];\n`,
  );

  if (existsSync('src/control-plane/clusters/profiles/profile-schema.ts') || existsSync('src/control-plane/clusters/profiles/profile.ts')) {
    const { build } = await import('esbuild');
    const bundled = join(scratch, 'profile.mjs');
    await build({
      stdin: {
        contents: "export { profileJsonSchema } from './src/control-plane/clusters/profiles/profile.ts';",
        resolveDir: root,
      },
      bundle: true,
      format: 'esm',
      platform: 'node',
      outfile: bundled,
      logLevel: 'error',
    });
    const { profileJsonSchema } = await import(pathToFileURL(bundled).href);
    emit('profiles/profile.schema.json', `${JSON.stringify(profileJsonSchema(), null, 2)}\n`);
  }

  if (existsSync('dist/commands')) {
    const before = existsSync('oclif.manifest.json') ? readFileSync('oclif.manifest.json', 'utf8') : undefined;
    run('node_modules/oclif/bin/run.js', ['manifest'], { OCLIF_SKIP_NEW_VERSION_CHECK: '1', NODE_ENV: 'production' });
    const after = `${JSON.stringify(JSON.parse(readFileSync('oclif.manifest.json', 'utf8')), null, 2)}\n`;
    if (before !== undefined && check) writeFileSync('oclif.manifest.json', before);
    emit('oclif.manifest.json', after);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

if (stale.length > 0) {
  process.stderr.write(`stale generated files (run npm run gen): ${stale.join(', ')}\n`);
  process.exit(1);
}
