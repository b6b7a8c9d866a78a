import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));

/**
 * How systems like this one leaked clusters or lost work, as what cannot happen here (L), and what is promised of applications (A). Tests
 * that prove it begin with its number: `L7: …`, `A1, P6: …`.
 */
const GUARANTEES = readFileSync(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');
const PROMISES = new Map(
  [...GUARANTEES.matchAll(/^\| ([LA]\d+) \| (.+) \|$/gm)].map(([, id = '', what = '']) => [id, what]),
);

const proven = new Set<string>();
for (const file of readdirSync(TESTS, { recursive: true, encoding: 'utf8' })) {
  if (!/\.test\.tsx?$/.test(file)) continue;
  const titles = readFileSync(join(TESTS, file), 'utf8').matchAll(/['"`]((?:[A-Z]\d+[,:] )+)/g);
  for (const [, ids = ''] of titles) for (const [id] of ids.matchAll(/[LA]\d+/g)) proven.add(id);
}

test('every promise is written down', () => {
  const numbers = (letter: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${letter}${n + 1}`);
  expect([...PROMISES.keys()]).toEqual([...numbers('A', 10), ...numbers('L', 23)]);
});

test.each([...PROMISES])('%s has a test: %s', (id) => {
  expect(proven.has(id), `no test begins with ${id}`).toBe(true);
});

test('no test proves what is not promised', () => {
  expect([...proven].filter((id) => !PROMISES.has(id))).toEqual([]);
});
