import type { TableColumn } from './view.ts';

/** RFC 4180 with \n as line ending: all columns, exact values, lower-case header. */
export function renderCsv<Row>(rows: readonly Row[], columns: readonly TableColumn<Row>[]): string {
  const header = columns.map((column) => csvField(column.header.toLowerCase()));
  const lines = rows.map((row) => columns.map((column) => csvField((column.exact ?? column.text)(row))));
  return `${[header, ...lines].map((fields) => fields.join(',')).join('\n')}\n`;
}

/** Quotes a field if needed. A text that a spreadsheet would run as a formula is prefixed with an apostrophe. */
export function csvField(text: string): string {
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
