import type { Style } from './paint.ts';

/** A column of a list, the same on a terminal and in a pipe, but for its width. */
export interface TableColumn<Row> {
  /** Upper case, as in the table. */
  readonly header: string;
  /** Name in CSV, `--columns` and `--sort`, if it is not that of the header. */
  readonly key?: string;
  readonly text: (row: Row) => string;
  /** Value for CSV, if it differs from the text: times instead of ages. */
  readonly exact?: (row: Row) => string;
  /** Only in `-o wide` and CSV. */
  readonly wide?: boolean;
  readonly align?: 'left' | 'right';
  /** The exact value is the time at which it began, so the ascending order is from young to old. */
  readonly isAge?: boolean;
  /**
   * On a terminal that is too narrow: cut before the others, left out before it is cut (an id), wrapped (prose), or shown as it is
   * (what is copied). By default the first column, NAME and ID are cut last.
   */
  readonly fit?: 'first' | 'whole' | 'wrap' | 'never';
  readonly style?: (row: Row) => Style | undefined;
}

/** A titled group of labels and values. */
export interface Block {
  readonly title: string;
  readonly fields: readonly (readonly [label: string, value: string, style?: Style | undefined])[];
  /** Preformatted lines after the fields. */
  readonly lines?: readonly string[];
  /** A table after them. @param cells of a line; undefined in a pipe */
  readonly table?: (cells: number | undefined) => string;
  /** Sentences after it. */
  readonly notes?: readonly string[];
}

/** A list for all output formats. `document` is that of the API; the rest is for tables and names. */
export interface ListView<Row> {
  readonly kind: 'list';
  readonly document: unknown;
  readonly rows: readonly Row[];
  readonly columns: readonly TableColumn<Row>[];
  /** How many rows are kept once they are sorted (default: all). */
  readonly limit?: number | undefined;
  /** The output of `-o name` for a row. */
  readonly name: (row: Row) => string;
  /** Said instead of a table that would have no rows (default: `Nothing found.`). */
  readonly whenEmpty?: string;
}

/** A single object, shown as blocks. */
export interface RecordView {
  readonly kind: 'record';
  readonly document: unknown;
  readonly name: string;
  readonly blocks: readonly Block[];
}

export function listView<Row>(view: Omit<ListView<Row>, 'kind'>): ListView<Row> {
  return { kind: 'list', ...view };
}

export function recordView(view: Omit<RecordView, 'kind'>): RecordView {
  return { kind: 'record', ...view };
}

/** @returns a list document in the form of the API. */
export function listDocument<T>(items: readonly T[]): { items: readonly T[]; nextCursor: null } {
  return { items, nextCursor: null };
}

export const NAMED_FORMATS = ['table', 'wide', 'json', 'yaml', 'name', 'csv'] as const;

/** How a view is printed. */
export type Format =
  | { readonly kind: (typeof NAMED_FORMATS)[number] }
  | { readonly kind: 'value'; readonly path: string };
