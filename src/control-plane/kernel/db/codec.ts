import type { Column, Columns, Statement, ValuesOf } from './statement.ts';

/** A value in the text format of PostgreSQL, which both engines send and receive. */
export type WireValue = string | null;

/** @returns the parameters in declared order, as text. @throws TypeError for a value that its type cannot hold */
export function encodeParams<P extends Columns>(statement: Statement<P>, params: ValuesOf<P>): WireValue[] {
  const values: Readonly<Record<string, unknown>> = params;
  return Object.entries(statement.params).map(([name, column]) =>
    at(statement, name, () => encode(column, values[name])),
  );
}

/** @returns the row as declared. @throws TypeError for a missing column, and for null in a column that is declared not null */
export function decodeRow<R extends Columns>(
  statement: Statement<Columns, R>,
  row: Readonly<Record<string, WireValue>>,
): ValuesOf<R> {
  const decoded: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(statement.row)) {
    decoded[name] = at(statement, name, () => decode(column, row[name]));
  }
  // The loop above gave every declared column a value of its declared type.
  return decoded as ValuesOf<R>;
}

function encode(column: Column, value: unknown): WireValue {
  const { type, nullable } = parse(column);
  if (value === null && nullable) return null;
  if (value === null || value === undefined) throw new TypeError(`is ${value}, declared ${column}`);
  if (!type.endsWith('[]')) return encodeScalar(type, value);
  if (!Array.isArray(value)) throw new TypeError('is not an array');
  return encodeArray(value.map((element) => encodeScalar(type.slice(0, -2), element)));
}

function decode(column: Column, wire: WireValue | undefined): unknown {
  const { type, nullable } = parse(column);
  if (wire === undefined) throw new TypeError('is missing in the result');
  if (wire === null) {
    if (!nullable) throw new TypeError(`is null, declared ${column}`);
    return null;
  }
  if (!type.endsWith('[]')) return decodeScalar(type, wire);
  return decodeArray(wire).map((element) => decodeScalar(type.slice(0, -2), element));
}

function parse(column: Column): { type: string; nullable: boolean } {
  return column.endsWith('?')
    ? { type: column.slice(0, -1), nullable: true }
    : { type: column, nullable: false };
}

function encodeScalar(type: string, value: unknown): string {
  switch (type) {
    case 'jsonb': {
      const text: string | undefined = JSON.stringify(value);
      if (text === undefined) throw new TypeError('has no JSON form');
      return text;
    }
    case 'timestamptz':
      if (value instanceof Date) return value.toISOString();
      break;
    case 'bytea':
      if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
      break;
    case 'int4':
    case 'int8':
      if (Number.isSafeInteger(value)) return String(value);
      break;
    case 'float8':
      if (typeof value === 'number') return String(value);
      break;
    case 'bool':
      if (typeof value === 'boolean') return String(value);
      break;
    case 'text':
      if (typeof value === 'string') return value;
      break;
  }
  throw new TypeError(`is not a value of ${type}`);
}

function decodeScalar(type: string, wire: string): unknown {
  switch (type) {
    case 'int4':
    case 'int8':
      return toSafeInteger(wire);
    case 'float8':
      return Number(wire);
    case 'bool':
      return wire === 't';
    case 'timestamptz':
      return toDate(wire);
    case 'jsonb':
      return JSON.parse(wire);
    case 'bytea':
      return Uint8Array.from(Buffer.from(wire.slice(2), 'hex'));
    default:
      return wire;
  }
}

function toSafeInteger(wire: string): number {
  const number = Number(wire);
  if (!Number.isSafeInteger(number)) throw new RangeError('is an integer beyond 2^53');
  return number;
}

/** Sessions use DateStyle ISO and UTC: `2026-03-01 12:00:00.123456+00`. A Date drops digits below a millisecond. */
function toDate(wire: string): Date {
  const date = new Date(wire.replace(' ', 'T').replace(/\+00$/, 'Z'));
  if (Number.isNaN(date.getTime())) throw new RangeError('is a time that a Date cannot hold');
  return date;
}

function encodeArray(elements: readonly string[]): string {
  return `{${elements.map((element) => `"${element.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** Reads a one-dimensional array literal: `{a,"b \" c"}`. */
function decodeArray(wire: string): string[] {
  if (!wire.startsWith('{') || wire.startsWith('{{')) throw new TypeError('is not a one-dimensional array');
  const elements: string[] = [];
  for (const [, quoted, bare] of wire.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs)) {
    if (bare === 'NULL') throw new TypeError('has a null among its elements');
    elements.push(bare ?? (quoted ?? '').replace(/\\(.)/gs, '$1'));
  }
  return elements;
}

/** Adds the statement and column to an error, but not the value, which may be a secret. */
function at<T>(statement: Statement, name: string, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) {
      throw new TypeError(`${statement.name}: ${name} ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/** PostgreSQL cannot store NUL or half of a surrogate pair. */
const UNSTORABLE = /\0|\p{Surrogate}/u;

/** @returns false for a text that the database cannot store */
export function isStorable(value: unknown): boolean {
  return typeof value !== 'string' || !UNSTORABLE.test(value);
}
