import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { afterAll, expect, test } from 'vitest';
import { csvField } from '../../src/contract/escape.ts';
import { focusCsv } from '../../src/render/focus.ts';
import { FOCUS_CHARGES } from '../render/focus-charges.ts';

/** `focus-validator` in a Python environment with test/focus/requirements.txt. */
const validator = process.env['OCPCTL_FOCUS_VALIDATOR'];
const directory = mkdtempSync(join(tmpdir(), 'focus-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The rules of 1.0 in this version look for five columns under their names of before 1.0. */
const FORMER_NAMES = {
  InvoiceIssuerName: 'InvoiceIssuer',
  ProviderName: 'Provider',
  PublisherName: 'Publisher',
  ResourceId: 'ResourceID',
  ChargeCategory: 'ChargeType',
} as const;

/** @returns what the validator prints about a file */
async function validate(change: (text: string) => string = (text) => text): Promise<string> {
  if (validator === undefined) throw new Error('OCPCTL_FOCUS_VALIDATOR is not set');
  const [header = [], ...rows]: string[][] = parse(
    change(focusCsv(FOCUS_CHARGES, new Date('2027-01-02T03:04:05Z'))),
  );
  const wide = [
    [...header, ...Object.values(FORMER_NAMES)],
    ...rows.map((row) => [
      ...row,
      ...Object.keys(FORMER_NAMES).map((name) => row[header.indexOf(name)] ?? ''),
    ]),
  ];
  const file = join(directory, 'focus.csv');
  writeFileSync(file, wide.map((row) => row.map(csvField).join(',')).join('\n'));
  // It finds its list of currencies relative to the folder of its package.
  const lib = join(dirname(validator), '..', 'lib');
  const cwd = join(lib, readdirSync(lib).find((name) => name.startsWith('python')) ?? '', 'site-packages');
  const ran = await promisify(execFile)(validator, ['--data-file', file, '--validate-version', '1.0'], {
    cwd,
  }).catch((error: { stdout?: string; stderr?: string }) => ({
    stdout: error.stdout ?? '',
    stderr: error.stderr ?? '',
  }));
  return ran.stdout + ran.stderr;
}

test('a file of -o focus passes focus-validator 1.0.0 for FOCUS 1.0', async () => {
  expect(await validate()).toContain('Validation succeeded');
});

test.each([
  ['a currency that is none', (text: string) => text.replaceAll(',USD,', ',Dollars,')],
  ['a column that is missing', (text: string) => text.replace('BillingPeriodStart', 'x_BillingPeriodStart')],
  ['a time without a zone', (text: string) => text.replaceAll('00:00:00Z', '00:00:00')],
])('%s is found by it', async (_, change) => {
  expect(await validate(change)).toContain('Validation failed');
});
