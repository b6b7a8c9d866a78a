import type { Paint } from './paint.ts';
import type { Block } from './view.ts';
import { displayWidth, pad, printable } from './width.ts';

/** Titled blocks of labels and values, with all values in one column. */
export function renderRecord(blocks: readonly Block[], paint: Paint): string {
  const filled = blocks.filter((block) => block.fields.length > 0 || (block.lines ?? []).length > 0);
  const width = Math.max(0, ...filled.flatMap((block) => block.fields.map(([label]) => displayWidth(label))));
  const sections = filled.map(({ title, fields, lines: verbatim = [] }) => {
    const lines = fields.map(([label, value, style]) => {
      const text = printable(value) || '-';
      return `  ${pad(label, width)}  ${style === undefined ? text : paint(style, text)}`.trimEnd();
    });
    return [paint('bold', title), ...lines, ...verbatim.map((line) => `  ${line}`)].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}
