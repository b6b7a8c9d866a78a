import { expect, test } from 'vitest';
import { type Page, pages } from '../../src/client/pages.ts';

async function itemsOf(fetchPage: (cursor?: string) => Promise<Page<number>>): Promise<number[]> {
  const items: number[] = [];
  for await (const page of pages(fetchPage)) items.push(...page.items);
  return items;
}

test('all pages come, one after the other', async () => {
  const list: Record<string, Page<number>> = {
    first: { items: [1, 2], nextCursor: 'second' },
    second: { items: [], nextCursor: 'third' },
    third: { items: [3], nextCursor: null },
  };
  expect(await itemsOf(async (cursor = 'first') => list[cursor] ?? { items: [] })).toEqual([1, 2, 3]);
});

test('no page is fetched that no one asks for', async () => {
  let fetched = 0;
  for await (const _ of pages(async () => ({ items: [fetched++], nextCursor: 'more' }))) break;
  expect(fetched).toBe(1);
});

test('a server that repeats itself does not keep us for ever', async () => {
  await expect(itemsOf(async () => ({ items: [1], nextCursor: 'same' }))).rejects.toThrow(
    'repeated the cursor',
  );
});
