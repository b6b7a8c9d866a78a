import { printable } from '../contract/escape.ts';
import { fitColumns, GAP, lineWidth } from './fit-columns.ts';
import type { Paint } from './paint.ts';
import { cut, pad, textWidth, wrapText } from './text-width.ts';
import type { TableColumn } from './view.ts';

export interface TableOptions {
  readonly paint: Paint;
  readonly wide: boolean;
  /** Cells of a line of the terminal. Without it, as in a pipe, nothing is cut. */
  readonly columns?: number | undefined;
  /** Rows to print, without a header, in the widths of all rows. */
  readonly only?: ReadonlySet<unknown> | undefined;
}

interface Shown<Row> {
  readonly column: TableColumn<Row>;
  readonly width: number;
}

/**
 * Columns of text under their headers, without borders; the last one is not padded. On a terminal a line is never longer
 * than it: cells are cut, and a header that ends with `…` says that columns are missing.
 */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  options: TableOptions,
): string {
  const offered = columns.filter((column) => options.wide || column.wide !== true);
  const cells = rows.map((row) => offered.map((column) => printable(column.text(row)) || '-'));
  const natural = offered.map(({ header }, index) =>
    cells.reduce((width, line) => Math.max(width, textWidth(line[index] ?? '')), textWidth(header)),
  );
  const widths =
    options.columns === undefined ? natural : fitColumns(offered, natural, Math.max(1, options.columns));
  const shown = offered.map((column, index) => ({ column, width: widths[index] ?? 0 }));
  const fits = lineWidth(widths) + GAP < (options.columns ?? 0);
  const more = widths.includes(0) && fits ? [`${' '.repeat(GAP)}…`] : [];
  const header = lines(
    shown,
    (column) => column.header,
    (_column, text) => options.paint('bold', text),
  );
  const body = rows.flatMap((row, line) => {
    if (options.only?.has(row) === false) return [];
    const styled = (column: TableColumn<Row>, text: string) => {
      const style = column.style?.(row);
      return style === undefined ? text : options.paint(style, text);
    };
    return lines(shown, (_column, index) => cells[line]?.[index] ?? '', styled);
  });
  const head = options.only === undefined ? [`${header.join('')}${more.join('')}`] : [];
  return [...head, ...body].map((line) => `${line}\n`).join('');
}

/** A row: one line, or several if a column wraps its text. */
function lines<Row>(
  shown: readonly Shown<Row>[],
  textOf: (column: TableColumn<Row>, index: number) => string,
  styled: (column: TableColumn<Row>, text: string) => string,
): string[] {
  const cells = shown.flatMap(({ column, width }, index) => {
    if (width === 0) return [];
    const text = textOf(column, index);
    const parts =
      column.fit === 'wrap' ? wrapText(text, width) : [column.fit === 'never' ? text : cut(text, width)];
    return [{ column, width, parts }];
  });
  const height = Math.max(0, ...cells.map(({ parts }) => parts.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map(({ column, width, parts }, index) => {
        const isLast = index === cells.length - 1 && column.align !== 'right';
        const text = parts[line] ?? '';
        const padded = isLast ? text : pad(text, width, column.align === 'right' ? 'left' : 'right');
        return text === '' ? padded : styled(column, padded);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}
