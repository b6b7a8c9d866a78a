import type { Style } from './paint.ts';

/** A column of a list: the same on a terminal and in a pipe. */
export interface TableColumn<Row> {
  /** In capitals, as the table shows it; csv has it in lower case. */
  readonly header: string;
  readonly text: (row: Row) => string;
  /** What csv has instead of a text made for people: whole times instead of ages. */
  readonly exact?: (row: Row) => string;
  /** Only in `-o wide` and csv. */
  readonly wide?: boolean;
  readonly align?: 'left' | 'right';
  readonly style?: (row: Row) => Style | undefined;
}

/** Labels and values that belong together. */
export interface Block {
  readonly title: string;
  readonly fields: readonly (readonly [label: string, value: string, style?: Style | undefined])[];
  /** A text that is shown as it stands, after the fields. */
  readonly lines?: readonly string[];
}

/** A list that can be printed in every format. `document` is the API's own; the rest is how people see it. */
export interface ListView<Row> {
  readonly kind: 'list';
  readonly document: unknown;
  readonly rows: readonly Row[];
  readonly columns: readonly TableColumn<Row>[];
  /** What `-o name` prints for a row. */
  readonly name: (row: Row) => string;
}

/** One thing, shown as blocks. */
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

/** @returns a document for a list as the API makes them. */
export function listDocument<T>(items: readonly T[]): { items: readonly T[]; nextCursor: null } {
  return { items, nextCursor: null };
}
