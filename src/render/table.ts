import stringWidth from 'string-width';
import { printable } from '../contract/escape.ts';
import type { Paint } from './paint.ts';
import type { TableColumn } from './view.ts';

const GAP = '  ';

/**
 * Columns of text under their headers, without borders, the same in a pipe as on a terminal. Nothing is truncated; the
 * last column is not padded.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  options: { readonly paint: Paint; readonly wide: boolean },
): string {
  const shown = columns.filter((column) => options.wide || column.wide !== true);
  const cells = rows.map((row) => shown.map((column) => printable(column.text(row)) || '-'));
  const widths = shown.map((column, index) =>
    cells.reduce(
      (width, line) => Math.max(width, stringWidth(line[index] ?? '')),
      stringWidth(column.header),
    ),
  );
  const aligned = (text: string, index: number): string => {
    const side = shown[index]?.align === 'right' ? 'left' : 'right';
    const isLast = index === shown.length - 1 && side === 'right';
    return isLast ? text : pad(text, widths[index] ?? 0, side);
  };
  const header = shown.map((column, index) => options.paint('bold', aligned(column.header, index))).join(GAP);
  const lines = rows.map((row, line) =>
    shown
      .map((column, index) => {
        const text = aligned(cells[line]?.[index] ?? '', index);
        const style = column.style?.(row);
        return style === undefined ? text : options.paint(style, text);
      })
      .join(GAP),
  );
  return `${[header, ...lines].map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Pads a text with spaces to a width in terminal cells. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return side === 'right' ? text + space : space + text;
}
