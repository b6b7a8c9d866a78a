import { isObject } from '../contract/documents.ts';
import { csvField, printable, printableLines, toJson } from '../contract/escape.ts';
import type { Paint } from './paint.ts';
import { renderRecord } from './record.ts';
import { columnName, hasItemsOfRows, type ShapeOptions, shapeView, ViewOptionError } from './shape-view.ts';
import { renderTable } from './table.ts';
import { valuesAt } from './value-path.ts';
import type { Format, ListView, RecordView, TableColumn } from './view.ts';

export interface PrintOptions {
  readonly paint: Paint;
  /** Cells of a line of the terminal; undefined in a pipe. */
  readonly cells: number | undefined;
  /** How the rows and columns of a list are chosen. */
  readonly shape?: ShapeOptions;
  /** Set for each result of a stream: JSON is one line, YAML begins with `---`. */
  readonly stream?: boolean;
  /** Rows to print of a list whose header was printed before. */
  readonly only?: ReadonlySet<unknown> | undefined;
  /** A JMESPath expression on the document; its result is printed instead. */
  readonly query?: string | undefined;
}

/** Renders a result in a format. @throws NoSuchFieldError for a value path that does not exist, ViewOptionError */
export async function printView<Row>(
  view: ListView<Row> | RecordView,
  format: Format,
  options: PrintOptions,
): Promise<string> {
  const { query, shape = {} } = options;
  assertPrintable(format, options);
  if (
    shape.sort !== undefined &&
    view.kind === 'list' &&
    printsDocument(format, query) &&
    !hasItemsOfRows(view)
  )
    throw new ViewOptionError(
      `--sort cannot be used with ${query === undefined ? `-o ${format.kind}` : '--query'}: the result is not a list`,
      'use -o table, wide or csv',
    );
  const shaped = shapeView(view, shape);
  if (query !== undefined) {
    const { printResult, queryDocument } = await import('./query.ts');
    return printResult(queryDocument(shaped.document, query), format, options.stream);
  }
  return printShaped(shaped, format, options);
}

const HAS_COLUMNS: ReadonlySet<Format['kind']> = new Set(['table', 'wide', 'csv']);

function printsDocument({ kind }: Format, query: string | undefined): boolean {
  return query !== undefined || kind === 'json' || kind === 'yaml' || kind === 'value';
}

/** What no result can be printed with, so that it is refused before anything is done. @throws ViewOptionError */
export function assertPrintable(
  format: Format,
  { query, shape = {} }: Pick<PrintOptions, 'query' | 'shape'>,
): void {
  if (query !== undefined && format.kind === 'name')
    throw new ViewOptionError('--query cannot be used with -o name', 'use -o json, yaml, csv or value');
  if (query === undefined && format.kind === 'value' && format.path === '')
    throw new ViewOptionError('-o value needs a path or --query', 'use -o value=PATH');
  if (query === undefined && shape.columns !== undefined && !HAS_COLUMNS.has(format.kind))
    throw new ViewOptionError(`--columns cannot be used with -o ${format.kind}`, 'use --query');
}

async function printShaped<Row>(
  view: ListView<Row> | RecordView,
  format: Format,
  { paint, cells, only, stream }: PrintOptions,
): Promise<string> {
  switch (format.kind) {
    case 'json':
      return `${toJson(view.document, stream ? undefined : 2)}\n`;
    case 'yaml': {
      const { toYaml } = await import('./yaml.ts');
      return `${stream ? '---\n' : ''}${toYaml(view.document)}`;
    }
    case 'value':
      return valuesAt(view.document, format.path)
        .map((value) => `${printableLines(value)}\n`)
        .join('');
    case 'name':
      return namesOf(view, only)
        .map((name) => `${printable(name)}\n`)
        .join('');
    case 'csv':
      return view.kind === 'list'
        ? renderCsv(rowsOf(view, only), view.columns, only === undefined)
        : renderCsv(fieldsOf(view.document), FIELD_COLUMNS);
    case 'table':
    case 'wide':
      if (view.kind === 'list' && view.rows.length === 0) return '';
      return view.kind === 'list'
        ? renderTable(view.rows, view.columns, { paint, columns: cells, wide: format.kind === 'wide', only })
        : renderRecord(view.blocks, { paint, cells });
  }
}

function rowsOf<Row>({ rows }: ListView<Row>, only: ReadonlySet<unknown> | undefined): readonly Row[] {
  return only === undefined ? rows : rows.filter((row) => only.has(row));
}

/** Once for each thing: a result with several rows about one thing has one name. */
function namesOf<Row>(view: ListView<Row> | RecordView, only: ReadonlySet<unknown> | undefined): string[] {
  if (view.kind === 'record') return [view.name];
  const names = rowsOf(view, only).map(view.name);
  return isObject(view.document) && Array.isArray(view.document['items']) ? names : [...new Set(names)];
}

type Field = readonly [path: string, value: string];

const FIELD_COLUMNS: readonly TableColumn<Field>[] = [
  { header: 'KEY', text: ([path]) => path },
  { header: 'VALUE', text: ([, value]) => value },
];

/** The scalars of a document with their paths, as in `-o value=PATH`. */
function fieldsOf(value: unknown, path = ''): Field[] {
  if (typeof value !== 'object' || value === null) return [[path, value === null ? '' : String(value)]];
  return Object.entries(value).flatMap(([key, child]) =>
    fieldsOf(child, path === '' ? key : `${path}.${key}`),
  );
}

/** RFC 4180 with \n as line ending: all columns, exact values, lower-case header. */
export function renderCsv<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  hasHeader = true,
): string {
  const header = columns.map((column) => csvField(columnName(column)));
  const lines = rows.map((row) => columns.map((column) => csvField((column.exact ?? column.text)(row))));
  return [...(hasHeader ? [header] : []), ...lines].map((fields) => `${fields.join(',')}\n`).join('');
}
