import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const TESTS = fileURLToPath(new URL('..', import.meta.url));

/** How systems like this one leaked clusters or lost work, as what cannot happen here. Tests that prove it begin with its number: `L7: …`. */
const GUARANTEES = readFileSync(new URL('../../docs/guarantees.md', import.meta.url), 'utf8');
const LESSONS = new Map(
  [...GUARANTEES.matchAll(/^\| L(\d+) \| (.+) \|$/gm)].map(([, number, what = '']) => [Number(number), what]),
);

const proven = new Map<number, string[]>();
for (const file of readdirSync(TESTS, { recursive: true, encoding: 'utf8' })) {
  if (!/\.test\.tsx?$/.test(file)) continue;
  for (const [, numbers = ''] of readFileSync(join(TESTS, file), 'utf8').matchAll(/['"`]((?:L\d+: )+)/g)) {
    for (const [, number] of numbers.matchAll(/L(\d+)/g)) {
      proven.set(Number(number), [...(proven.get(Number(number)) ?? []), file]);
    }
  }
}

test('every lesson is written down', () => {
  expect([...LESSONS.keys()]).toEqual(Array.from({ length: 23 }, (_, i) => i + 1));
});

test.each([...LESSONS])('lesson %s has a test: %s', (number) => {
  expect(proven.get(number) ?? [], `no test begins with L${number}:`).not.toEqual([]);
});

test('no test proves a lesson that does not exist', () => {
  expect([...proven.keys()].filter((number) => !LESSONS.has(number))).toEqual([]);
});
