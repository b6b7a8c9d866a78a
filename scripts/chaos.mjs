// `npm run chaos -- --minutes 10 --seed 7 [--workers 3]`: kills parts of a real installation at random and counts what it breaks.
// Its last line is `clusters N, kills N, leaks 0, overlaps 0, lost 0, stuck 0`; it exits with 1 when one of the zeros is none.
import { mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'node_modules/.cache/ocpctl-tests/scripts');
const outfile = join(folder, `marathon-${process.pid}.mjs`);

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

mkdirSync(folder, { recursive: true });
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
try {
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(outfile, { force: true });
}
