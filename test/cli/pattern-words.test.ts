import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { PATTERN_WORDS } from '../../src/cli/errors/pattern-words.ts';
import { isObject } from '../../src/contract/documents.ts';

it('every pattern of the API has words, and no other has', () => {
  const patterns = new Set<string>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    if (!isObject(node)) return;
    if (typeof node['pattern'] === 'string') patterns.add(node['pattern']);
    Object.values(node).forEach(walk);
  };
  walk(parse(readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8')));
  expect(Object.keys(PATTERN_WORDS).toSorted()).toEqual([...patterns].toSorted());
});
