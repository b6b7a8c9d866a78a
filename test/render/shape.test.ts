import { describe, expect, it } from 'vitest';
import { painter } from '../../src/render/paint.ts';
import { printView } from '../../src/render/print.ts';
import { assertQuery } from '../../src/render/query.ts';
import type { ShapeOptions } from '../../src/render/shape-view.ts';
import { type Format, listDocument, listView, recordView } from '../../src/render/view.ts';

const items = [
  { name: 'ci-10', team: 'a', cost: 0.9, at: '2026-01-02T00:00:00Z' },
  { name: 'ci-2', team: 'b', cost: 10.5, at: '2026-01-03T00:00:00Z' },
  { name: 'ci-1', team: '', cost: 0.82, at: '2026-01-01T00:00:00Z' },
];
const view = listView({
  document: listDocument(items),
  rows: items,
  columns: [
    { header: 'NAME', text: ({ name }) => name },
    { header: 'TEAM', text: ({ team }) => team },
    { header: 'AGE', text: () => '1d', exact: ({ at }) => at, isAge: true },
    {
      header: 'NEXT COST',
      text: ({ cost }) => cost.toFixed(2),
      exact: ({ cost }) => String(cost),
      wide: true,
    },
    { header: '$/H', key: 'hourly_cost', text: () => '1', wide: true },
  ],
  name: ({ name }) => name,
});
const print = (format: Format, options: { shape?: ShapeOptions; query?: string } = {}, of = view) =>
  printView(of, format, { paint: painter(false), cells: undefined, ...options });
const sorted = async (...sort: string[]) =>
  (await print({ kind: 'name' }, { shape: { sort } })).trim().split('\n');

describe('--sort', () => {
  it.each([
    [['name'], ['ci-1', 'ci-2', 'ci-10']],
    [['-name'], ['ci-10', 'ci-2', 'ci-1']],
    [['next_cost'], ['ci-1', 'ci-10', 'ci-2']],
    [['-Next-Cost'], ['ci-2', 'ci-10', 'ci-1']],
    [['age'], ['ci-2', 'ci-10', 'ci-1']],
    [['-age'], ['ci-1', 'ci-10', 'ci-2']],
    [['team'], ['ci-10', 'ci-2', 'ci-1']],
    [['-team'], ['ci-2', 'ci-10', 'ci-1']],
    [
      ['hourly_cost', 'name'],
      ['ci-1', 'ci-2', 'ci-10'],
    ],
    [
      ['hourly_cost', '-age'],
      ['ci-1', 'ci-10', 'ci-2'],
    ],
  ])(
    '%j: numbers by value, names in natural order, ages from young to old, nothing last',
    async (keys, expected) => {
      expect(await sorted(...keys)).toEqual(expected);
    },
  );

  it('sorts the document too, and limits what is sorted', async () => {
    const limited = { ...view, limit: 2 };
    const text = await print({ kind: 'json' }, { shape: { sort: ['name'] } }, limited);
    expect(JSON.parse(text)).toEqual({ items: [items[2], items[1]], nextCursor: null });
  });
});

describe('--sort of a document without items', () => {
  const other = { ...view, document: { lines: items } };

  it.each<[Format, string | undefined]>([
    [{ kind: 'json' }, undefined],
    [{ kind: 'yaml' }, undefined],
    [{ kind: 'value', path: 'lines' }, undefined],
    [{ kind: 'table' }, 'lines'],
  ])('is refused for %j and query %s, which would not be sorted', async (format, query) => {
    const asked = { shape: { sort: ['name'] }, ...(query !== undefined && { query }) };
    await expect(print(format, asked, other)).rejects.toThrow('--sort cannot be used with');
  });

  it('sorts tables, CSV and names', async () => {
    expect(await print({ kind: 'name' }, { shape: { sort: ['name'] } }, other)).toBe('ci-1\nci-2\nci-10\n');
  });
});

describe('--columns', () => {
  it('chooses columns of the table and of -o wide, in the order of the flag', async () => {
    const shape = { columns: ['hourly-cost', 'NAME', 'next_cost'] };
    expect((await print({ kind: 'table' }, { shape })).split('\n')[0]).toBe('$/H  NAME   NEXT COST');
    expect((await print({ kind: 'csv' }, { shape })).split('\n')[0]).toBe('hourly_cost,name,next_cost');
  });

  it('names the columns there are, and the formats that have some', async () => {
    await expect(print({ kind: 'table' }, { shape: { columns: ['nme'] } })).rejects.toMatchObject({
      message: 'invalid value "nme" for --columns: there is no such column',
      hint: 'columns: name, team, age, next_cost, hourly_cost',
    });
    await expect(print({ kind: 'json' }, { shape: { columns: ['name'] } })).rejects.toThrow('-o json');
    await expect(sorted('size')).rejects.toThrow('for --sort');
    const record = recordView({ document: {}, name: 'x', blocks: [] });
    const asked = { paint: painter(false), cells: undefined, shape: { columns: ['name'] } };
    await expect(printView(record, { kind: 'table' }, asked)).rejects.toThrow('no rows');
  });
});

describe('--query', () => {
  it.each<[Format, string, string]>([
    [{ kind: 'table' }, 'items[0].name', '"ci-10"\n'],
    [{ kind: 'json' }, 'items[?cost > `1`].name', '[\n  "ci-2"\n]\n'],
    [{ kind: 'yaml' }, 'items[].name', '- ci-10\n- ci-2\n- ci-1\n'],
    [{ kind: 'csv' }, 'items[].[name, cost]', 'ci-10,0.9\nci-2,10.5\nci-1,0.82\n'],
    [{ kind: 'csv' }, 'items[:1].{n: name, c: cost}', 'n,c\nci-10,0.9\n'],
    [{ kind: 'value', path: '' }, 'items[].name', 'ci-10\nci-2\nci-1\n'],
    [{ kind: 'value', path: '' }, 'items[:1].[name, team]', 'ci-10\ta\n'],
    [{ kind: 'value', path: '' }, 'items[].nothing', ''],
    [{ kind: 'value', path: 'name' }, 'items[1]', 'ci-2\n'],
    [{ kind: 'json' }, 'nothing', 'null\n'],
  ])('prints as %j the result of %s', async (format, query, expected) => {
    expect(await print(format, { query })).toBe(expected);
  });

  it('works on what is sorted', async () => {
    expect(await print({ kind: 'json' }, { query: 'items[0].name', shape: { sort: ['name'] } })).toBe(
      '"ci-1"\n',
    );
  });

  it.each([
    ['items[?name==].id', 'unexpected "]" at character 14', 13],
    ['items[0', 'the expression is incomplete at character 8', 7],
    ['items[].#', 'unexpected "#" at character 9', 8],
    ['', 'the expression is incomplete at character 1', 0],
    ['a b', 'unexpected "b" at character 3', 2],
    ["items[?name=='x]", "the literal ' is not closed at character 14", 13],
    ['items[?name==`x]', 'the literal ` is not closed at character 14', 13],
    [`${'a'.repeat(90)}.#${'b'.repeat(90)}`, 'unexpected "#" at character 92', 36],
  ])('%j is refused with its position', (expression, message, at) => {
    const fault = {
      message: expect.stringContaining(message),
      hint: expect.stringMatching(new RegExp(`\n {${at + 2}}\\^$`)),
    };
    expect(() => assertQuery(expression)).toThrow(expect.objectContaining(fault));
  });

  it('names a function that does not exist', async () => {
    await expect(print({ kind: 'json' }, { query: 'nope(items)' })).rejects.toThrow(
      'Unknown function: nope()',
    );
  });
});
