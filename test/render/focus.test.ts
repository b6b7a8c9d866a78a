import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import { FOCUS_COLUMNS, focusCsv } from '../../src/render/focus.ts';
import { FOCUS_CHARGES } from './focus-charges.ts';

const csv = focusCsv(FOCUS_CHARGES, new Date('2027-01-02T03:04:05.678Z'));
const rows: Record<string, string>[] = parse(csv, { columns: true });
const names = FOCUS_COLUMNS.map(([name]) => name);

const NEVER_NULL = [
  ...['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'],
  ...[
    'BillingAccountId',
    'BillingCurrency',
    'ChargeCategory',
    'InvoiceIssuerName',
    'ProviderName',
    'PublisherName',
  ],
  ...[
    'ServiceCategory',
    'ServiceName',
    'BillingPeriodStart',
    'BillingPeriodEnd',
    'ChargePeriodStart',
    'ChargePeriodEnd',
  ],
];
const NULLABLE = ['PricingQuantity', 'BillingAccountName', 'ChargeClass', 'ChargeDescription', 'PricingUnit'];
const DECIMALS = [
  ...['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost', 'PricingQuantity', 'ConsumedQuantity'],
  ...['ListUnitPrice', 'ContractedUnitPrice'],
];
const TIMES = [
  'BillingPeriodStart',
  'BillingPeriodEnd',
  'ChargePeriodStart',
  'ChargePeriodEnd',
  'x_EstimatedAt',
];

describe('the rules of FOCUS 1.2', () => {
  test('the 21 mandatory columns are there; 16 of them are never null', () => {
    expect(NEVER_NULL.length + NULLABLE.length).toBe(21);
    expect(names).toEqual(expect.arrayContaining([...NEVER_NULL, ...NULLABLE]));
    for (const row of rows) for (const name of NEVER_NULL) expect(row[name], name).not.toBe('');
  });

  test('no column is there twice; names are Pascal case of at most 50 characters', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^(x_)?([A-Z][a-z]+)+$/);
    expect(Math.max(...names.map(({ length }) => length))).toBeLessThanOrEqual(50);
  });

  test('columns of our own have the prefix x_ and come after all others', () => {
    const firstOwn = names.findIndex((name) => name.startsWith('x_'));
    expect(names.slice(firstOwn).every((name) => name.startsWith('x_'))).toBe(true);
  });

  test('decimals have a point and no sign, separator or exponent: a column of whole numbers is none of integers', () => {
    for (const row of rows) for (const name of DECIMALS) expect(row[name], name).toMatch(/^\d+\.\d+$/);
  });

  test('times are UTC with two-digit parts and end in Z', () => {
    for (const row of rows)
      for (const name of TIMES) expect(row[name], name).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
  });

  test('a charge period is within its billing period, which is a month, and ends after it begins', () => {
    for (const row of rows) {
      const {
        BillingPeriodStart = '',
        BillingPeriodEnd = '',
        ChargePeriodStart = '',
        ChargePeriodEnd = '',
      } = row;
      expect([BillingPeriodStart, BillingPeriodEnd]).toEqual([
        '2026-12-01T00:00:00Z',
        '2027-01-01T00:00:00Z',
      ]);
      expect(ChargePeriodStart >= BillingPeriodStart && ChargePeriodEnd <= BillingPeriodEnd).toBe(true);
      expect(ChargePeriodEnd > ChargePeriodStart).toBe(true);
    }
  });

  test('null is an empty field without quotes, and nothing else: no "", 0, NULL or Not Applicable', () => {
    expect(csv).not.toMatch(/(^|,)""(,|$)/m);
    expect(csv).not.toMatch(/null|not applicable|n\/a|undefined|NaN/i);
  });

  test('usage has a pricing quantity and unit; the unit is null exactly when the quantity is', () => {
    for (const row of rows) {
      expect(row).toMatchObject({
        ChargeCategory: 'Usage',
        ChargeClass: '',
        ChargeFrequency: 'Usage-Based',
        PricingUnit: 'Hours',
      });
      expect(row['PricingQuantity'] === '').toBe(row['PricingUnit'] === '');
      expect(row['ConsumedQuantity'] === '').toBe(row['ConsumedUnit'] === '');
    }
  });

  test('list and contracted cost are unit price x quantity; without a discount all four costs are the same', () => {
    for (const row of rows) {
      const number = (name: string) => Number(row[name]);
      expect(number('ListCost')).toBeCloseTo(number('ListUnitPrice') * number('PricingQuantity'), 9);
      expect(number('ContractedCost')).toBeCloseTo(
        number('ContractedUnitPrice') * number('PricingQuantity'),
        9,
      );
      expect(
        new Set(['ListCost', 'ContractedCost', 'BilledCost', 'EffectiveCost'].map((name) => row[name])).size,
      ).toBe(1);
    }
  });

  test('categories and currency are words of the specification', () => {
    for (const row of rows)
      expect(row).toMatchObject({
        ServiceCategory: 'Compute',
        PricingCategory: 'Standard',
        BillingCurrency: 'USD',
      });
  });

  test('tags are one JSON object without nesting', () => {
    expect(rows.map(({ Tags = '' }) => JSON.parse(Tags))).toEqual(
      FOCUS_CHARGES.map((charge) => ('tags' in charge ? charge.tags : { Environment: 'default' })),
    );
  });

  test('an estimate is marked as one and belongs to no invoice', () => {
    for (const row of rows)
      expect(row).toMatchObject({
        InvoiceId: '',
        x_CostBasis: 'Estimate',
        x_EstimatedAt: '2027-01-02T03:04:05Z',
      });
    expect(rows.map((row) => row['x_RateVersion'])).toEqual([
      ...['2026-11-01', '', '2026-11-01', '2026-11-01'],
      ...['2026-11-29', '2026-11-29'],
    ]);
  });

  test('a simulated cloud is not AWS', () => {
    expect(rows.map(({ ProviderName }) => ProviderName)).toEqual([
      'AWS',
      'AWS',
      'IBM Cloud',
      'ocpctl sandbox',
      'ocpctl host',
      'ocpctl host',
    ]);
  });

  test('without charges there is the header', () => {
    expect(focusCsv([], new Date())).toBe(`${names.join(',')}\n`);
  });
});
