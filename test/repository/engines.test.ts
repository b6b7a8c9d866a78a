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
}

/** The oldest Node that we support and the newest of each line that people have: a package excludes whole lines. */
const SUPPORTED = ['20.19.0', '20.20.2', '22.12.0', '22.21.0', '24.0.0', '24.11.0'];

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
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
