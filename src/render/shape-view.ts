import { isObject } from '../contract/documents.ts';
import type { ListView, RecordView, TableColumn } from './view.ts';

/** What a user asked of a result and it does not have. */
export class ViewOptionError extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.name = 'ViewOptionError';
    this.hint = hint;
  }
}

/** How rows and columns of a list are chosen. */
export interface ShapeOptions {
  /** Names of columns. */
  readonly columns?: readonly string[] | undefined;
  /** Names of columns, prefixed with `-` for descending order. */
  readonly sort?: readonly string[] | undefined;
}

/** The name of a column in CSV, `--columns` and `--sort`: `next_scale`. */
export function columnName({ key, header }: Pick<TableColumn<never>, 'key' | 'header'>): string {
  return key ?? header.toLowerCase().replaceAll(' ', '_');
}

/** Sorts and limits the rows, also those of the document, and chooses columns. @throws ViewOptionError */
export function shapeView<Row>(
  view: ListView<Row> | RecordView,
  { columns, sort }: ShapeOptions,
): ListView<Row> | RecordView {
  if (view.kind === 'record') {
    const flag = columns === undefined ? (sort === undefined ? undefined : '--sort') : '--columns';
    if (flag === undefined) return view;
    throw new ViewOptionError(
      `${flag} needs a list, and this result has no rows`,
      'use --query or -o value=PATH',
    );
  }
  const order = view.rows.map((_, index) => index);
  if (sort !== undefined) {
    const keys = sort.map((key) => sortKey(view.columns, key));
    order.sort((a, b) =>
      keys.reduce((found, compare) => found || compare(rowAt(view, a), rowAt(view, b)), 0),
    );
  }
  const kept = order.slice(0, view.limit);
  const shown = columns?.map((name) => findColumn(view.columns, name, '--columns'));
  return {
    ...view,
    rows: kept.map((index) => rowAt(view, index)),
    document: documentWith(view, kept),
    columns: shown?.map((column) => ({ ...column, wide: false })) ?? view.columns,
  };
}

function rowAt<Row>({ rows }: ListView<Row>, index: number): Row {
  return rows[index] as Row;
}

function documentWith<Row>(view: ListView<Row>, kept: readonly number[]): unknown {
  const items = itemsOfRows(view);
  if (items === undefined || !isObject(view.document)) return view.document;
  return { ...view.document, items: kept.map((index) => items[index]) };
}

/** Whether rows are the items of the document, so that it can have their order. */
export function hasItemsOfRows<Row>(view: ListView<Row>): boolean {
  return itemsOfRows(view) !== undefined;
}

function itemsOfRows<Row>({ document, rows }: ListView<Row>): readonly unknown[] | undefined {
  const items = isObject(document) ? document['items'] : undefined;
  return Array.isArray(items) && items.length === rows.length ? items : undefined;
}

function findColumn<Row>(columns: readonly TableColumn<Row>[], name: string, flag: string): TableColumn<Row> {
  const asked = name.trim().toLowerCase().replace(/[- ]/g, '_');
  const found = columns.find(
    (column) => columnName(column) === asked || column.header.toLowerCase() === name,
  );
  if (found !== undefined) return found;
  throw new ViewOptionError(
    `invalid value "${name}" for ${flag}: there is no such column`,
    `columns: ${columns.map(columnName).join(', ')}`,
  );
}

type Comparison<Row> = (a: Row, b: Row) => number;

/** Values compare as numbers or in natural order (ci-2 before ci-10); rows without a value come last. */
function sortKey<Row>(columns: readonly TableColumn<Row>[], key: string): Comparison<Row> {
  const isDescending = key.startsWith('-');
  const column = findColumn(columns, isDescending ? key.slice(1) : key, '--sort');
  const collator = new Intl.Collator('en', { numeric: true });
  const sign = isDescending === (column.isAge === true) ? 1 : -1;
  return (a, b) => {
    const [first, second] = [exactText(column, a), exactText(column, b)];
    if (first === '' || second === '') return Number(first === '') - Number(second === '');
    const [left, right] = [Number(first), Number(second)];
    const isNumeric = !Number.isNaN(left) && !Number.isNaN(right);
    return sign * (isNumeric ? left - right : collator.compare(first, second));
  };
}

function exactText<Row>(column: TableColumn<Row>, row: Row): string {
  return (column.exact ?? column.text)(row);
}
