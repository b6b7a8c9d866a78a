// `npm run chaos -- --minutes 10 --seed 7 [--workers 3]`: kills parts of a real installation at random and counts what it breaks.
// Its last line is `clusters N, kills N, leaks 0, overlaps 0, lost 0, stuck 0`; it exits with 1 when one of the zeros is none.
// `--module apps` does the same to applications: its last line is `deployments N, requests N, kills N, leaks 0, lost 0, stuck 0`.
// `--dispatch sqs` wakes workers by SQS (ElasticMQ, which needs Java and Maven) and spoils the queue too; `--roles split` runs three APIs,
// the workers and two janitors apart.
// `--without checkpoint|guard|fence|read-back`, with `--module apps` `check|drain`, runs it on a copy that lacks this safeguard, to see
// that the run would find it.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundle } from './bundle.mjs';
import { buildWithout, MUTATIONS } from './mutations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const { values } = parseArgs({ strict: false, options: { without: { type: 'string' } } });
if (values.without !== undefined && !Object.hasOwn(MUTATIONS, values.without)) {
  process.stderr.write(`--without is one of ${Object.keys(MUTATIONS).join(', ')}\n`);
  process.exit(2);
}

/** Everything that a package has, built from the sources as they are now: a build meanwhile does not change what runs. */
async function makePackage(folder) {
  for (const part of [
    'bin/run.js',
    'bin/package.json',
    'package.json',
    'openapi.yaml',
    'oclif.manifest.json',
    'profiles',
    'prices',
  ])
    cpSync(part, join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const dist = join(folder, 'dist');
  if (values.without === undefined) await bundle(dist);
  else await buildWithout(values.without, (plugin) => bundle(dist, [plugin]));
}

/** Files find their neighbours by their own address; in a bundle that would be the bundle's. */
const ownAddress = {
  name: 'own-address',
  setup({ onLoad }) {
    onLoad({ filter: /\/(test|src)\/.*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: 'ts',
    }));
  },
};

/** In a folder of the repository, because it imports packages. */
async function makeMarathon(outfile) {
  await build({
    entryPoints: [join(root, 'test/chaos/marathon/main.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
    plugins: [ownAddress],
  });
}

const scripts = join(root, 'node_modules/.cache/ocpctl-tests/scripts');
const outfile = join(scripts, `marathon-${process.pid}.mjs`);
const copy = mkdtempSync(join(tmpdir(), 'ocpctl-chaos-'));
try {
  mkdirSync(scripts, { recursive: true });
  await makePackage(copy);
  await makeMarathon(outfile);
  const { run } = await import(pathToFileURL(outfile).href);
  process.exitCode = (await run({ entry: join(copy, 'bin/run.js'), argv: process.argv.slice(2) })) ? 0 : 1;
} finally {
  rmSync(outfile, { force: true });
  rmSync(copy, { recursive: true, force: true });
}
