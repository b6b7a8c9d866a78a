import type { Paint } from '../../render/paint.ts';
import { assertPrintable, type PrintOptions, printView } from '../../render/print.ts';
import { ViewOptionError } from '../../render/shape-view.ts';
import { NoSuchFieldError } from '../../render/value-path.ts';
import type { Format, ListView, RecordView } from '../../render/view.ts';
import { UsageError } from '../errors/cli-error.ts';
import { valueList } from '../flags/flag-values.ts';
import type { GlobalFlagValues } from '../flags/shared-flags.ts';
import type { OutputStream } from './io.ts';
import type { OutputFormat } from './output-format.ts';
import { lineCells } from './terminal.ts';

/** What the flags say about the form of a result, besides its format. */
export function printOptions(
  { columns, sort, query }: GlobalFlagValues,
  paint: Paint,
  stdout: OutputStream,
): PrintOptions {
  const shape = { columns: valueList('columns', columns), sort: valueList('sort', sort) };
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

/**
 * The result of a change. Flags that it turns out not to fit are a warning, and the whole result is printed: an error would look as
 * if nothing was changed, and a new secret would be lost. The format stays if it shows all values.
 */
export const changeResultText =
  (warn: (text: string) => void): typeof resultText =>
  async (view, format, options) => {
    try {
      return await resultText(view, format, options);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      warn(`Warning: ${error.message}; the change was made, and its whole result is printed.`);
      const { paint, cells, query } = options;
      const isText = format.kind === 'table' || format.kind === 'wide';
      const isJson = format.kind === 'value' || (isText && query !== undefined);
      return printView(view, isJson ? { kind: 'json' } : format, { paint, cells });
    }
  };

/** To be called before anything is done: refuses what fits no result of the format. @throws UsageError */
export async function assertOutputFlags(flags: GlobalFlagValues, format: OutputFormat): Promise<void> {
  const { columns, query, sort } = flags;
  if (columns !== undefined && query !== undefined)
    throw new UsageError('use only one of --columns and --query', {
      hint: "a query chooses fields of the document, for example --query 'items[].name'",
    });
  valueList('columns', columns);
  valueList('sort', sort);
  if (format.kind === 'focus') assertNoShapeFlags(flags, '-o focus');
  else
    try {
      assertPrintable(format, { shape: { columns }, query });
      if (query !== undefined) (await import('../../render/query.ts')).assertQuery(query);
    } catch (error) {
      throwUsageError(error);
    }
}

/** Before a secret is made that is shown only once. @throws UsageError for a format that does not show it */
export function assertShowsSecret({ kind }: OutputFormat, secret: string): void {
  if (kind !== 'name') return;
  throw new UsageError(`-o name would not show the ${secret}, which is shown only once`, {
    hint: 'use -o json, or another format with all values',
  });
}

/** For an output that has a form of its own. @param output what it is called in the error @throws UsageError */
export function assertNoShapeFlags({ columns, sort, query }: GlobalFlagValues, output: string): void {
  const given = Object.entries({ columns, sort, query }).find(([, value]) => value !== undefined);
  if (given !== undefined) throw new UsageError(`--${given[0]} cannot be used with ${output}`);
}

/** What a user asked of a result and it does not have is an error of the command line. */
export function throwUsageError(error: unknown): never {
  if (error instanceof ViewOptionError)
    throw new UsageError(error.message, { hint: error.hint, cause: error });
  if (!(error instanceof NoSuchFieldError)) throw error;
  const hint = `available fields: ${error.known.join(', ') || 'none'}`;
  throw new UsageError(error.message, { hint, cause: error });
}
