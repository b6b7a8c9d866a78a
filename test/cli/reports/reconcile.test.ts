import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, test } from 'vitest';
import { costFormatOf } from '../../../src/cli/reports/cost-files/cost-formats.ts';
import { amountOf, CostRowError, dollarsOf } from '../../../src/cli/reports/cost-files/cost-row.ts';
import { openCostFile } from '../../../src/cli/reports/cost-files/read-cost-file.ts';
import { type Bill, reconcileClusters, reconcileTeams, sumBill } from '../../../src/cli/reports/reconcile.ts';

const directory = mkdtempSync(join(tmpdir(), 'reconcile-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let serial = 0;
function file(content: string | Uint8Array): string {
  const path = join(directory, `bill-${++serial}`);
  writeFileSync(path, content);
  return path;
}
async function billOf(content: string | Uint8Array): Promise<Bill & { format: string }> {
  const { format, rows } = await openCostFile(file(content));
  const bill = await sumBill(rows);
  if (bill === undefined) throw new Error('the bill has no rows');
  return { ...bill, format: format.name };
}
const amounts = ({ byCluster, untagged }: Bill) => ({
  ...Object.fromEntries([...byCluster].map(([id, amount]) => [id, dollarsOf(amount)])),
  untagged: dollarsOf(untagged),
});

const LEGACY_HEADER = [
  'lineItem/LineItemType',
  'lineItem/UsageStartDate',
  'lineItem/UsageEndDate',
  'lineItem/CurrencyCode',
  'lineItem/UnblendedCost',
  'savingsPlan/SavingsPlanEffectiveCost',
  'savingsPlan/TotalCommitmentToDate',
  'savingsPlan/UsedCommitment',
  'reservation/EffectiveCost',
  'reservation/UnusedRecurringFee',
  'reservation/UnusedAmortizedUpfrontFeeForBillingPeriod',
  'reservation/ReservationARN',
  'resourceTags/user:ClusterId',
].join(',');
const DAY = '2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,USD';

describe('AWS CUR, legacy', () => {
  const rows = [
    `Usage,${DAY},1.10,,,,,,,,clu_a`,
    `SavingsPlanCoveredUsage,${DAY},9,0.25,,,,,,,clu_a`,
    `SavingsPlanNegation,${DAY},-9,,,,,,,,clu_a`,
    `SavingsPlanRecurringFee,${DAY},5,,5,4,,,,,`,
    `SavingsPlanUpfrontFee,${DAY},100,,,,,,,,`,
    `DiscountedUsage,${DAY},0,,,,0.5,,,,clu_b`,
    `RIFee,${DAY},7,,,,,0.2,0.3,arn:ri,`,
    `Fee,${DAY},50,,,,,,,arn:ri,`,
    `Fee,${DAY},2,,,,,,,,`,
    `Tax,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,USD,0.4,,,,,,,,`,
    `Credit,${DAY},-0.3000000001,,,,,,,,clu_b`,
  ];
  const csv = `\uFEFF${LEGACY_HEADER}\n${rows.join('\n')}\n`;

  test('is summed by tag, amortised; what has no tag is untagged', async () => {
    const bill = await billOf(csv);
    expect(bill).toMatchObject({ format: 'AWS CUR (legacy)', rows: rows.length });
    expect(amounts(bill)).toEqual({ clu_a: 1.35, clu_b: 0.1999999999, untagged: 1 + 0.5 + 2 + 0.4 });
    expect([bill.from, bill.to]).toEqual([
      new Date('2026-11-01T00:00:00Z'),
      new Date('2026-12-01T00:00:00Z'),
    ]);
  });

  test('is read from gzip, whatever its name', async () => {
    expect(amounts(await billOf(gzipSync(csv)))).toEqual(amounts(await billOf(csv)));
  });

  test('without the tag column all is untagged', async () => {
    const text = `lineItem/LineItemType,lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/UnblendedCost\nUsage,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,3\n`;
    expect(amounts(await billOf(text))).toEqual({ untagged: 3 });
  });
});

const CUR2 = [
  'line_item_line_item_type',
  'line_item_usage_start_date',
  'line_item_usage_end_date',
  'line_item_unblended_cost',
];
const cur2Rows = [
  [
    'Usage',
    '2026-11-01 00:00:00.000',
    '2026-11-01 01:00:00.000',
    1.5,
    '{"user_ClusterId":"clu_a","user_Team":"x"}',
  ],
  ['Usage', '2026-11-01 00:00:00.000', '2026-11-01 01:00:00.000', 0.25, '{"user_cluster_id":"clu_b"}'],
  ['Usage', '2026-11-01 00:00:00.000', '2026-11-01 01:00:00.000', 4, '{}'],
  ['Usage', '2026-11-01 00:00:00.000', '2026-11-01 01:00:00.000', 8, null],
] as const;

describe('AWS CUR 2.0', () => {
  test('has tags in a map', async () => {
    const quote = (value: unknown) => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`);
    const csv = [
      [...CUR2, 'resource_tags'].join(','),
      ...cur2Rows.map((row) => row.map(quote).join(',')),
    ].join('\n');
    const bill = await billOf(csv);
    expect(bill.format).toBe('AWS CUR 2.0');
    expect(amounts(bill)).toEqual({ clu_a: 1.5, clu_b: 0.25, untagged: 12 });
    expect(bill.to).toEqual(new Date('2026-11-01T01:00:00Z'));
  });

  test('what was paid for a reservation is left out, other fees are not', async () => {
    const fee = (amount: string, arn: string) =>
      `Fee,2026-11-01 00:00:00.000,2026-11-02 00:00:00.000,${amount},,${arn}`;
    const header = [...CUR2, 'resource_tags', 'reservation_reservation_a_r_n'].join(',');
    const csv = [header, fee('50', 'arn:ri'), fee('2', '')].join('\n');
    expect(amounts(await billOf(csv))).toEqual({ untagged: 2 });
  });

  test('is read from Parquet, also where columns are null', async () => {
    const column = (index: number) => cur2Rows.map((row) => row[index]);
    const buffer = parquetWriteBuffer({
      rowGroupSize: 3,
      columnData: [
        { name: 'line_item_line_item_type', data: column(0), type: 'STRING' },
        {
          name: 'line_item_usage_start_date',
          data: column(1).map((text) => new Date(`${String(text).replace(' ', 'T')}Z`)),
          type: 'TIMESTAMP',
        },
        {
          name: 'line_item_usage_end_date',
          data: column(2).map((text) => new Date(`${String(text).replace(' ', 'T')}Z`)),
          type: 'TIMESTAMP',
        },
        { name: 'line_item_unblended_cost', data: column(3), type: 'DOUBLE' },
        {
          name: 'savings_plan_savings_plan_effective_cost',
          data: column(3).map(() => null),
          type: 'DOUBLE',
          nullable: true,
        },
        { name: 'resource_tags', data: column(4), type: 'STRING', nullable: true },
        { name: 'line_item_usage_account_id', data: column(0).map(() => 'not read'), type: 'STRING' },
      ],
    });
    const bill = await billOf(new Uint8Array(buffer));
    expect(bill.rows).toBe(4);
    expect(amounts(bill)).toEqual({ clu_a: 1.5, clu_b: 0.25, untagged: 12 });
    expect(bill.from).toEqual(new Date('2026-11-01T00:00:00Z'));
  });

  test.each([
    ['a list of pairs', [['user_ClusterId', 'clu_a']]],
    ['a list of keys and values', [{ key: 'user_ClusterId', value: 'clu_a' }]],
    ['an object', { user_ClusterId: 'clu_a' }],
    ['a map', new Map([['user_ClusterId', 'clu_a']])],
  ])('tags may be %s', (_, tags) => {
    const [type = '', start = '', end = '', cost = ''] = CUR2;
    const row = {
      [type]: 'Usage',
      [start]: '2026-11-01',
      [end]: '2026-11-02',
      [cost]: 1,
      resource_tags: tags,
    };
    expect(costFormatOf([...CUR2, 'resource_tags'])?.parse(row).clusterId).toBe('clu_a');
  });
});

describe('FOCUS', () => {
  const header =
    'BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,ListUnitPrice,ContractedUnitPrice,PricingUnit,SkuId,InvoiceIssuerName,Tags';
  const period = '2026-11-01T00:00:00Z,2026-11-02T00:00:00Z';
  test('counts the effective cost, without the columns that AWS leaves null', async () => {
    const csv = [
      header,
      `9,1.25,USD,${period},,,,,,"{""ClusterId"":""clu_a""}"`,
      `2.5,,USD,${period},,,,,,"{""user:ClusterId"":""clu_a"",""x"":true}"`,
      `1e-3,1E-3,USD,${period},,,,,,`,
    ].join('\n');
    expect(amounts(await billOf(csv))).toEqual({ clu_a: 3.75, untagged: 0.001 });
  });

  test.each([
    ['an amount', `1,abc,USD,${period},,,,,,`, 'row 3: EffectiveCost: "abc" is not an amount'],
    [
      'a time',
      `1,1,USD,yesterday,2026-11-02T00:00:00Z,,,,,,`,
      'row 3: ChargePeriodStart: "yesterday" is not a time',
    ],
    [
      'a currency',
      `1,1,EUR,${period},,,,,,`,
      'row 3: BillingCurrency: "EUR" cannot be compared with an estimate in USD',
    ],
    ['tags', `1,1,USD,${period},,,,,,{x`, 'row 3: Tags: "{x" is not a JSON object of tags'],
    ['a number of fields', `1,1,USD`, 'line 3'],
    ['a quote that is never closed', `1,1,USD,${period},,,,,,"{`, 'cannot be read'],
  ])('%s that is wrong is an error with the number of the row', async (_, row, message) => {
    await expect(billOf([header, `1,1,USD,${period},,,,,,`, row].join('\n'))).rejects.toThrow(message);
  });
});

test.each([
  [
    'another CSV',
    'a,b\n1,2\n',
    'is not an AWS Cost and Usage Report or a FOCUS export: its columns begin with a, b',
  ],
  ['an empty file', '', 'it has no rows'],
  ['a Parquet file that is cut off', 'PAR1xxxxxxxxxxxxxxxx', 'cannot be read'],
  [
    'a gzip file that is cut off',
    gzipSync(`${LEGACY_HEADER}\n${'x'.repeat(5000)}`).subarray(0, 40),
    'cannot be read',
  ],
])('%s is an error that says what it is', async (_, content, message) => {
  await expect(billOf(content)).rejects.toThrow(message);
});

test('a file that is not there is named', async () => {
  await expect(openCostFile('/nowhere/cur.csv')).rejects.toThrow(
    'cannot read /nowhere/cur.csv: no such file',
  );
});

test('amounts are exact: a sum of 10,000 tenths is 1,000', async () => {
  const row = `Usage,${DAY},0.1,,,,,,,,clu_a`;
  expect(amounts(await billOf(`${LEGACY_HEADER}\n${Array(10_000).fill(row).join('\n')}\n`))).toEqual({
    clu_a: 1000,
    untagged: 0,
  });
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (pico) => {
      const digits = String(pico < 0n ? -pico : pico).padStart(13, '0');
      const text = `${pico < 0n ? '-' : ''}${digits.slice(0, -12)}.${digits.slice(-12)}`;
      expect(amountOf({ cost: text }, 'cost')).toBe(pico);
    }),
  );
  expect(() => amountOf({ cost: '1,000' }, 'cost')).toThrow(CostRowError);
  expect(() => amountOf({ cost: Number.NaN }, 'cost')).toThrow(CostRowError);
});

test('untagged spend is a line of its own, never divided; clusters that are not known here are named', () => {
  const bill: Bill = {
    rows: 4,
    from: new Date(0),
    to: new Date(1),
    byCluster: new Map([
      ['clu_a', 10n ** 13n],
      ['clu_x', 10n ** 12n],
    ]),
    untagged: 5n * 10n ** 12n,
  };
  const group = { kind: 'cluster' as const, clusters: 1, applications: 0, hours: 1, unpricedHours: 0 };
  const estimates = [
    { ...group, key: 'clu_a', name: 'demo', team: 'payments', cost: 9 },
    { ...group, key: 'clu_b', name: 'idle', team: 'payments', cost: 2 },
  ];
  expect(reconcileClusters(bill, estimates)).toEqual([
    { key: 'clu_a', name: 'demo', team: 'payments', estimate: 9, actual: 10 },
    { key: 'clu_x', name: 'clu_x', team: null, estimate: null, actual: 1 },
    { key: 'clu_b', name: 'idle', team: 'payments', estimate: 2, actual: 0 },
    { key: null, name: '(untagged)', team: null, estimate: null, actual: 5 },
  ]);
  expect(reconcileTeams(bill, estimates)).toEqual([
    { key: 'payments', name: 'payments', team: 'payments', estimate: 11, actual: 10 },
    { key: null, name: '(unknown clusters)', team: null, estimate: null, actual: 1 },
    { key: null, name: '(untagged)', team: null, estimate: null, actual: 5 },
  ]);
});
