import { wrapText } from '../../render/text-width.ts';

/** How wide a page of help may be, and whether its headings are bold. */
export interface HelpLook {
  readonly width: number;
  readonly bold: boolean;
}

/** Two columns; the second one may be missing. */
export type HelpRow = readonly [left: string, right: string | undefined];

const INDENT = 2;
/** A description of more lines than this stands below what it describes. */
const MOST_LINES = 5;

/** A heading, and below it a text or rows. @returns '' without a body */
export function section(header: string, body: string | readonly HelpRow[], look: HelpLook): string {
  const text = typeof body === 'string' ? body : columns(body, look);
  if (text === '') return '';
  return `${look.bold ? `\u001B[1m${header}\u001B[22m` : header}\n${indent(text, INDENT)}`;
}

/** A paragraph of a section. */
export function paragraph(text: string, { width }: HelpLook): string {
  return wrapped(text, width - INDENT).join('\n');
}

/** In two columns, unless the second one is too narrow for a word or would be long. */
function columns(rows: readonly HelpRow[], { width }: HelpLook): string {
  const left = Math.max(0, ...rows.map(([text]) => text.length));
  const remaining = width - INDENT - left - 2;
  const texts = rows.map(([, text = '']) => wrapped(text, remaining));
  const isBroken = rows.some(([, text = '']) => text.split(/\s/).some((word) => word.length > remaining));
  if (isBroken || texts.some(({ length }) => length > MOST_LINES)) return stacked(rows, width);
  return rows
    .map(
      ([name], index) =>
        `${name.padEnd(left)}  ${indent(texts[index]?.join('\n') ?? '', left + 2).trimStart()}`,
    )
    .map((row) => row.trimEnd())
    .join('\n');
}

function stacked(rows: readonly HelpRow[], width: number): string {
  return rows
    .map(([name, text]) => {
      const below =
        text === undefined ? [] : [indent(wrapped(text, width - 2 * INDENT).join('\n'), 2 * INDENT)];
      return [...wrapText(name.trimStart(), width - INDENT), ...below].join('\n');
    })
    .join('\n\n');
}

function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapText(line, width));
}

function indent(text: string, count: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(count));
}
