/** A row of a bill. Amounts are in units of 10^-12 dollars, so that sums are exact. */
export interface CostRow {
  readonly cost: bigint;
  /** Of the tag ClusterId; undefined for untagged spend. */
  readonly clusterId: string | undefined;
  readonly start: Date;
  readonly end: Date;
}

/** A row as its file has it: text in CSV, typed values in Parquet. */
export type RawRow = Readonly<Record<string, unknown>>;

/** A row that cannot be understood; the reader adds its number. */
export class CostRowError extends Error {}

const DIGITS = 12;
const SCALE = 10n ** BigInt(DIGITS);

export const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

/** @returns an amount of at most 12 decimals exactly; empty: 0. @throws CostRowError */
export function amountOf(row: RawRow, column: string): bigint {
  const value = row[column];
  if (isEmpty(value)) return 0n;
  const text = typeof value === 'number' ? plain(value) : String(value).trim();
  const decimal = /^[-+]?\d*\.?\d*$/.test(text) ? text : plain(Number(text));
  const [, sign, whole = '', fraction = ''] = /^([-+]?)(\d*)\.?(\d*)$/.exec(decimal) ?? [];
  if (sign === undefined || whole + fraction === '')
    throw new CostRowError(`${column}: "${text}" is not an amount`);
  const digits = fraction.padEnd(DIGITS + 1, '0');
  const amount =
    BigInt(whole || '0') * SCALE + BigInt(digits.slice(0, DIGITS)) + (digits.charAt(DIGITS) >= '5' ? 1n : 0n);
  return sign === '-' ? -amount : amount;
}

/** Without an exponent; NaN and the like are rejected by the caller. */
function plain(value: number): string {
  return Number.isFinite(value) && Math.abs(value) < 1e21 ? value.toFixed(DIGITS) : String(value);
}

/** @returns dollars, for display */
export function dollarsOf(amount: bigint): number {
  return Number(amount) / Number(SCALE);
}

/** @throws CostRowError */
export function timeOf(row: RawRow, column: string): Date {
  const value = row[column];
  const time =
    value instanceof Date
      ? value
      : new Date(
          isEmpty(value)
            ? Number.NaN
            : String(value)
                .replace(' ', 'T')
                .replace(/(T[\d:.]+)$/, '$1Z'),
        );
  if (Number.isNaN(time.getTime()))
    throw new CostRowError(`${column}: "${String(value ?? '')}" is not a time`);
  return time;
}

/** Estimates are in US dollars. @throws CostRowError for another currency */
export function assertDollars(row: RawRow, column: string): void {
  const currency = row[column];
  if (!isEmpty(currency) && currency !== 'USD')
    throw new CostRowError(`${column}: "${String(currency)}" cannot be compared with an estimate in USD`);
}

const TAG = 'clusterid';
const normal = (key: string) =>
  key
    .toLowerCase()
    .replace(/^(aws:|user:|user_)+/, '')
    .replace(/[^a-z0-9]/g, '');
export const isClusterTag = (key: string): boolean => normal(key) === TAG;

/** The value of the tag ClusterId in a map of tags: JSON, an object, or a list of keys and values. @throws CostRowError */
export function clusterTag(row: RawRow, column: string): string | undefined {
  for (const [key, value] of tagEntries(row[column], column)) {
    if (isClusterTag(key) && !isEmpty(value)) return String(value);
  }
  return undefined;
}

function tagEntries(tags: unknown, column: string): (readonly [string, unknown])[] {
  if (isEmpty(tags)) return [];
  if (typeof tags === 'string') return tagEntries(parseTags(tags, column), column);
  if (Array.isArray(tags)) {
    return tags.flatMap((entry: unknown) => {
      if (Array.isArray(entry)) return [[String(entry[0]), entry[1]] as const];
      if (typeof entry === 'object' && entry !== null && 'key' in entry && 'value' in entry)
        return [[String(entry.key), entry.value] as const];
      return [];
    });
  }
  if (tags instanceof Map) return [...tags].map(([key, value]) => [String(key), value] as const);
  return typeof tags === 'object' && tags !== null ? Object.entries(tags) : [];
}

function parseTags(text: string, column: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CostRowError(`${column}: "${text.slice(0, 60)}" is not a JSON object of tags`);
  }
}
