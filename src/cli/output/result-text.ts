import type { Paint } from '../../render/paint.ts';
import { type PrintOptions, printView } from '../../render/print.ts';
import { ViewOptionError } from '../../render/shape-view.ts';
import { NoSuchFieldError } from '../../render/value-path.ts';
import type { Format, ListView, RecordView } from '../../render/view.ts';
import { UsageError } from '../errors/cli-error.ts';
import { valueList } from '../flags/flag-values.ts';
import type { GlobalFlagValues } from '../flags/shared-flags.ts';
import type { OutputStream } from './io.ts';
import { lineCells } from './terminal.ts';

/** What the flags say about the form of a result, besides its format. */
export function printOptions(
  { columns, sort, query }: GlobalFlagValues,
  paint: Paint,
  stdout: OutputStream,
): PrintOptions {
  const shape = { columns: valueList(columns), sort: valueList(sort) };
  return { paint, cells: lineCells(stdout), shape, query };
}

/** A result as text. @throws UsageError for a column, field or query that it does not have */
export function resultText<Row>(
  view: ListView<Row> | RecordView,
  format: Format,
  options: PrintOptions,
): Promise<string> {
  return printView(view, format, options).catch(throwUsageError);
}

/** To be called before anything is done: a command that changes something must not fail when it prints. @throws UsageError */
export async function assertQueryFlag({ query }: GlobalFlagValues): Promise<void> {
  if (query === undefined) return;
  const { assertQuery } = await import('../../render/query.ts');
  try {
    assertQuery(query);
  } catch (error) {
    throwUsageError(error);
  }
}

/** What a user asked of a result and it does not have is an error of the command line. */
export function throwUsageError(error: unknown): never {
  if (error instanceof ViewOptionError)
    throw new UsageError(error.message, { hint: error.hint, cause: error });
  if (!(error instanceof NoSuchFieldError)) throw error;
  const hint = `available fields: ${error.known.join(', ') || 'none'}`;
  throw new UsageError(error.message, { hint, cause: error });
}
