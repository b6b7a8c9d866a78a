import { printable, printableLines } from '../contract/escape.ts';
import type { Paint } from './paint.ts';
import { pad, textWidth, wrapWords } from './text-width.ts';
import type { Block } from './view.ts';

const INDENT = '  ';
/** Narrower values would be columns of single words: the terminal breaks those lines. */
const LEAST_VALUE = 24;

export interface RecordOptions {
  readonly paint: Paint;
  /** Cells of a line of the terminal. Without it, as in a pipe, nothing is wrapped. */
  readonly cells?: number | undefined;
}

/** Titled blocks of labels and values, with all values in one column. On a terminal values are wrapped below each other. */
export function renderRecord(blocks: readonly Block[], { paint, cells }: RecordOptions): string {
  const filled = blocks
    .map((block) => ({ block, below: linesBelow(block, cells) }))
    .filter(({ block, below }) => block.fields.length > 0 || below.length > 0);
  const labels = filled.flatMap(({ block }) => block.fields.map(([label]) => textWidth(label)));
  const width = Math.max(0, ...labels);
  const sections = filled.map(({ block: { title, fields }, below }) => {
    const lines = fields.flatMap(([label, value, style]) => {
      const texts = wrapped(printable(value) || '-', cells, 2 * INDENT.length + width);
      return texts.map((text, index) => {
        const shown = style === undefined ? text : paint(style, text);
        return `${INDENT}${pad(index === 0 ? label : '', width)}${INDENT}${shown}`.trimEnd();
      });
    });
    return [paint('bold', title), ...lines, ...below.map((line) => `${INDENT}${line}`.trimEnd())].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}

function linesBelow({ lines = [], table, notes = [] }: Block, cells: number | undefined): string[] {
  const rows = table?.(cells === undefined ? undefined : cells - INDENT.length).trimEnd();
  return [
    ...lines.map((line) => printableLines(line)),
    ...(rows === undefined ? [] : rows.split('\n')),
    ...notes.flatMap((note) => wrapped(printable(note), cells, INDENT.length)),
  ];
}

/** @param before cells of the line that are taken already */
function wrapped(text: string, cells: number | undefined, before: number): string[] {
  const available = (cells ?? 0) - before;
  return available < LEAST_VALUE ? [text] : wrapWords(text, available);
}
