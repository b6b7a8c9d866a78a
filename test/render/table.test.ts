import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/contract/escape.ts';
import { painter } from '../../src/render/paint.ts';
import { renderCsv } from '../../src/render/print.ts';
import { renderRecord } from '../../src/render/record.ts';
import { renderTable } from '../../src/render/table.ts';
import { pad, textWidth } from '../../src/render/text-width.ts';
import { NoSuchFieldError, valuesAt } from '../../src/render/value-path.ts';
import type { TableColumn } from '../../src/render/view.ts';

type Row = readonly [name: string, cost: string];
const columns: TableColumn<Row>[] = [
  { header: 'NAME', text: ([name]) => name },
  { header: 'COST', text: ([, cost]) => cost, align: 'right', style: () => 'green' },
  { header: 'EXTRA', text: () => 'x', wide: true },
];
const plain = painter(false);

describe('tables', () => {
  it('line up, also with wide characters, and show a dash for nothing', () => {
    const rows: Row[] = [
      ['demo', '1.00'],
      ['集群', '12.00'],
      ['', '3'],
    ];
    expect(renderTable(rows, columns, { paint: plain, wide: false })).toMatchInlineSnapshot(`
      "NAME   COST
      demo   1.00
      集群  12.00
      -         3
      "
    `);
    expect(renderTable([], columns, { paint: plain, wide: true })).toBe('NAME  COST  EXTRA\n');
  });

  it('have the same text with and without colours', () => {
    const rows: Row[] = [['demo', '1.00']];
    const colored = renderTable(rows, columns, { paint: painter(true), wide: true });
    expect(colored).toContain('\u001b[32m');
    expect(printable(colored.replaceAll('\n', '|'))).toBe(
      renderTable(rows, columns, { paint: plain, wide: true }).replaceAll('\n', '|'),
    );
  });

  it('keep every row on one line and every column in its place, whatever is in the cells', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), (rows) => {
        const lines = renderTable(rows, columns, { paint: plain, wide: true }).split('\n');
        expect(lines).toHaveLength(rows.length + 2);
        const widths = lines.slice(0, -1).map((line) => textWidth(line.replace(/(x|EXTRA)$/, '')));
        expect(new Set(widths).size).toBe(1);
      }),
    );
  });
});

describe('text', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['👩‍👩‍👧', 2],
    ['', 0],
  ])('%j takes %i cells', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it('pads by cells', () => {
    expect(pad('日', 4)).toBe('日  ');
    expect(pad('7', 3, 'left')).toBe('  7');
  });
});

describe('records', () => {
  it('line up over all blocks and leave out empty ones', () => {
    const blocks = [
      { title: 'One', fields: [['A', '1']] as const },
      { title: 'None', fields: [] },
      { title: 'Two', fields: [['Long label', '']] as const },
      { title: 'Text', fields: [], lines: ['a:', '  b: 1'] },
    ];
    expect(renderRecord(blocks, { paint: plain })).toMatchInlineSnapshot(`
      "One
        A           1

      Two
        Long label  -

      Text
        a:
          b: 1
      "
    `);
  });

  it('fit a terminal: values are wrapped below each other, commands stay whole', () => {
    const table = (cells: number | undefined) =>
      renderTable([{ id: 'vpc-1' }], [{ header: 'ID', text: ({ id }) => id }], {
        ...{ paint: plain, wide: false, columns: cells },
      });
    const blocks = [
      {
        title: 'Status',
        fields: [
          ['Failed because', 'CAPACITY: no machines of this type are left in the zone'],
          [
            'Failed job',
            'job_1 (CREATE, 2h ago); its log: ocpctl logs job_01k4qqz3v7m2n5p8r1t4w6y9cd --level warn',
          ],
        ] as const,
      },
      {
        title: 'Residue',
        fields: [],
        table,
        notes: ['Remove it in the cloud, and then run: ocpctl destroy demo'],
      },
    ];
    expect(renderRecord(blocks, { paint: plain, cells: 50 })).toMatchInlineSnapshot(`
      "Status
        Failed because  CAPACITY: no machines of this
                        type are left in the zone
        Failed job      job_1 (CREATE, 2h ago); its log:
                        ocpctl logs job_01k4qqz3v7m2n5p8r1t4w6y9cd --level warn

      Residue
        ID
        vpc-1
        Remove it in the cloud, and then run:
        ocpctl destroy demo
      "
    `);
    expect(renderRecord(blocks, { paint: plain })).toContain(
      'CAPACITY: no machines of this type are left in the zone\n',
    );
    expect(renderRecord(blocks, { paint: plain, cells: 20 })).toContain('CAPACITY: no machines of this type');
  });
});

describe('csv', () => {
  it('quotes what needs it and has all columns', () => {
    expect(renderCsv<Row>([['a,"b"', '1']], columns)).toBe('name,cost,extra\n"a,""b""",1,x\n');
  });
});

describe('value paths', () => {
  const document = { cluster: { id: 'c1', tags: { 'a b': 1 } }, job: null, list: [{ n: 1 }, { n: 2 }] };
  it.each([
    ['cluster.id', ['c1']],
    ['cluster.tags', ['{"a b":1}']],
    ['job', ['']],
    ['list[1].n', ['2']],
    ['list.0.n', ['1']],
  ])('%s', (path, values) => {
    expect(valuesAt(document, path)).toEqual(values);
  });

  it('look into each item of a list', () => {
    const list = { items: [{ name: 'a' }, { name: 'b' }], nextCursor: null };
    expect(valuesAt(list, 'name')).toEqual(['a', 'b']);
    expect(valuesAt(list, 'items.1.name')).toEqual(['b']);
    expect(valuesAt(list, 'nextCursor')).toEqual(['']);
  });

  it.each(['nope', 'cluster.nope', 'cluster.id.x', 'toString', 'cluster.__proto__'])(
    '%s leads nowhere',
    (path) => {
      expect(() => valuesAt(document, path)).toThrow(NoSuchFieldError);
    },
  );
});
