import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');
/** They start servers; those of deploy/ci run commands. */
const files = ['backup', 'container', 'helm', 'systemd']
  .flatMap((folder) =>
    readdirSync(join(root, 'deploy', folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join('deploy', folder, name),
    ),
  )
  .filter((path) => statSync(join(root, path)).isFile());

test('every variable that a file of a deployment sets is one that ocpctl reads', () => {
  const known = new Set(read('docs/configuration.md').match(/\bOCPCTL_[A-Z_]+\b/g));
  const unknown = files.flatMap((path) =>
    [...new Set(read(path).match(/\bOCPCTL_[A-Z_]*[A-Z]\b/g))]
      .filter((name) => !known.has(name))
      .map((name) => `${path}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('every flag of the server that a file of a deployment uses exists', () => {
  const { commands } = JSON.parse(read('oclif.manifest.json'));
  const flags = new Set(Object.keys(commands['server'].flags));
  const used = ['deploy/helm/ocpctl/templates/roles.yaml', 'deploy/systemd/ocpctl@.service'].flatMap((path) =>
    [...read(path).matchAll(/^(?: +- |ExecStart=.* )--([a-z-]+)[= ]/gm)].map(([, name]) => name ?? ''),
  );
  expect(used.length).toBeGreaterThan(8);
  expect(used.filter((name) => !flags.has(name))).toEqual([]);
});

test('the chart has the version of the package', () => {
  const { version } = JSON.parse(read('package.json'));
  expect(read('deploy/helm/ocpctl/Chart.yaml')).toContain(`\nversion: ${version}\nappVersion: ${version}\n`);
});
