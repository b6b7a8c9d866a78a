import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

const require = createRequire(import.meta.url);
/** npm's own: what it says here is what an installation with `engine-strict` says. */
const semver: { satisfies(version: string, range: string): boolean } = require('semver');

interface LockedPackage {
  readonly version?: string;
  readonly engines?: Record<string, string>;
  readonly dev?: boolean;
  readonly license?: string;
  readonly integrity?: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

/** The oldest Node that we support and the newest of each line that people have: a package excludes whole lines. */
const SUPPORTED = ['20.19.0', '20.20.2', '22.12.0', '22.21.0', '24.0.0', '24.11.0'];

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync(new URL('../../npm-shrinkwrap.json', import.meta.url), 'utf8'),
);

test.each(SUPPORTED)('no package that is installed with ours excludes Node %s', (node) => {
  expect(excluding(node, ({ dev }) => !dev)).toEqual([]);
});

test('no development package excludes the oldest Node that people develop with', () => {
  expect(excluding('20.20.2', ({ dev }) => dev === true)).toEqual([]);
});

test('a package that excludes a Node is seen', () => {
  const modern = { version: '2.0.0', engines: { node: '>=22' } };
  expect(names({ 'node_modules/modern': modern }, '20.19.0')).toEqual(['node_modules/modern 2.0.0: >=22']);
  expect(names({ 'node_modules/modern': modern }, '22.12.0')).toEqual([]);
});

/** Licences that a product under Apache-2.0 may ship with (https://www.apache.org/legal/resolved.html, category A). */
// The Unlicense is a dedication to the public domain.
const LICENCES = [
  'MIT',
  'Apache-2.0',
  'ISC',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  '(MIT OR CC0-1.0)',
  'Unlicense',
  'BSD-2-Clause',
  'Python-2.0',
];

test('L11: every package that is installed with ours has a licence that permits it', () => {
  const others = Object.entries(lock.packages)
    .filter(([path, { dev, license }]) => path !== '' && !dev && !LICENCES.includes(license ?? 'none'))
    .map(([path, { license }]) => `${path}: ${license ?? 'none'}`);
  expect(others).toEqual([]);
});

test('L11: direct dependencies have exact versions, and what is installed with them is pinned in the package', () => {
  const { dependencies, devDependencies } = lock.packages[''] ?? {};
  const ranges = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  );
  expect(ranges).toEqual([]);
  // npm puts this file, and never package-lock.json, into a package.
  const unpinned = Object.entries(lock.packages).filter(([path, { integrity }]) => path !== '' && !integrity);
  expect(unpinned.map(([path]) => path)).toEqual([]);
});

function excluding(node: string, wanted: (locked: LockedPackage) => boolean): string[] {
  return names(
    Object.fromEntries(Object.entries(lock.packages).filter(([, locked]) => wanted(locked))),
    node,
  );
}

function names(packages: Record<string, LockedPackage>, node: string): string[] {
  return Object.entries(packages)
    .filter(([, { engines }]) => engines?.['node'] !== undefined && !semver.satisfies(node, engines['node']))
    .map(([path, { version, engines }]) => `${path} ${version}: ${engines?.['node']}`);
}
