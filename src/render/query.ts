// Load this with `await import('./query.ts')`: only --query needs it.
import jmespath from 'jmespath';
import { isObject } from '../contract/documents.ts';
import { csvField, printable, toJson } from '../contract/escape.ts';
import { ViewOptionError } from './shape-view.ts';
import { valuesAt } from './value-path.ts';
import type { Format } from './view.ts';

/** Shown on each side of a fault. */
const POINTED_CELLS = 35;
const LANGUAGE = 'expressions are JMESPath: https://jmespath.org';

/** @throws ViewOptionError that shows where the expression is wrong */
export function assertQuery(expression: string): void {
  const message = failure(expression);
  const open = openLiteral(expression);
  if (message === undefined && open === undefined) return;
  const at = open ?? faultPosition(expression, message ?? '');
  const fault = at < expression.length ? `unexpected "${expression[at]}"` : 'the expression is incomplete';
  const what = open === undefined ? fault : `the literal ${expression[at]} is not closed`;
  throw new ViewOptionError(
    `invalid value for --query: ${what} at character ${at + 1}`,
    `${LANGUAGE}\n${pointTo(expression, at)}`,
  );
}

/** Where a literal begins that has no end: the parser takes it as if it ended with the expression. */
function openLiteral(expression: string): number | undefined {
  for (const { index, groups } of expression.matchAll(/(["'`])(?:\\.|(?!\1)[^\\])*(?<end>\1?)/gs))
    if (groups?.['end'] === '') return index;
  return undefined;
}

/** The part of an expression around a position, in one line of a terminal, and below it what points there. */
function pointTo(expression: string, at: number): string {
  const start = Math.max(0, at - POINTED_CELLS);
  const part = expression.slice(start, at + POINTED_CELLS);
  const [before, after] = [start > 0 ? '…' : '', start + part.length < expression.length ? '…' : ''];
  return `  ${before}${part}${after}\n  ${' '.repeat(before.length + at - start)}^`;
}

/** The result of an expression that `assertQuery` accepted. @throws ViewOptionError */
export function queryDocument(document: unknown, expression: string): unknown {
  try {
    return jmespath.search(document, expression);
  } catch (error) {
    throw new ViewOptionError(`--query failed: ${messageOf(error)}`, LANGUAGE);
  }
}

/**
 * The parser names no position. It reads from the left to the right, so the shortest beginning that fails in the same way ends with
 * what it does not accept.
 */
function faultPosition(expression: string, message: string): number {
  if (message.includes('EOF')) return expression.length;
  for (let end = 1; end <= expression.length; end++)
    if (failure(expression.slice(0, end)) === message) return startOfToken(expression.slice(0, end));
  return expression.length;
}

function failure(expression: string): string | undefined {
  try {
    jmespath.compile(expression);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function startOfToken(beginning: string): number {
  try {
    const tokens = jmespath.tokenize(beginning).filter(({ start }) => start < beginning.length);
    return tokens.at(-1)?.start ?? 0;
  } catch {
    // A character that begins no token.
    return beginning.length - 1;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A result of any form. JSON unless a format is asked for; CSV and value print a list of lists or objects as rows. */
export async function printResult(result: unknown, format: Format, stream = false): Promise<string> {
  switch (format.kind) {
    case 'yaml': {
      const { toYaml } = await import('./yaml.ts');
      return `${stream ? '---\n' : ''}${toYaml(result)}`;
    }
    case 'csv':
      return linesOf(rowsOf(result, true), (cells) => cells.map(csvField).join(','));
    case 'value':
      return format.path === ''
        ? linesOf(rowsOf(result, false), (cells) => cells.map(printable).join('\t'))
        : linesOf(valuesAt(result, format.path), printable);
    default:
      return `${toJson(result, stream ? undefined : 2)}\n`;
  }
}

function linesOf<T>(rows: readonly T[], print: (row: T) => string): string {
  return rows.map((row) => `${print(row)}\n`).join('');
}

/** A scalar is a row, as is each item of a list. Objects give their values, with their names above them if `hasHeader`. */
function rowsOf(result: unknown, hasHeader: boolean): string[][] {
  const items: unknown[] = Array.isArray(result) ? result : [result];
  const [first] = items;
  const names = isObject(first) ? Object.keys(first) : undefined;
  const rows = items.map((item) => {
    if (Array.isArray(item)) return item.map(cellOf);
    return isObject(item) && names !== undefined ? names.map((name) => cellOf(item[name])) : [cellOf(item)];
  });
  return hasHeader && names !== undefined ? [names, ...rows] : rows;
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? toJson(value) : String(value);
}
