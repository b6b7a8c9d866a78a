/** Scripts whose characters take two cells (East Asian Width W and F), by the first and last code point of each block. */
const WIDE_BLOCKS: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1b000, 0x1b2ff],
  [0x20000, 0x3fffd],
];
const ASCII = /^[\x20-\x7e]*$/;
const ANSI_STYLE = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;]*m`, 'g');
let graphemes: Intl.Segmenter | undefined;

/** @returns how many terminal cells a text takes; style codes take none. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let width = 0;
  for (const { segment } of graphemes.segment(text.replace(ANSI_STYLE, ''))) width += graphemeWidth(segment);
  return width;
}

/** Pads a text with spaces to a width in cells. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return side === 'right' ? text + space : space + text;
}

/**
 * Makes text from a server or an installer log safe for a terminal: control characters, which could move the cursor,
 * become spaces, as do line breaks and tabs, so that a cell stays on one line.
 */
export function printable(text: string): string {
  return text.replace(ANSI_STYLE, '').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

function graphemeWidth(grapheme: string): number {
  if (/^[\p{Mark}\p{Cc}\p{Cf}]+$/u.test(grapheme)) return 0;
  if (/\p{Emoji_Presentation}|\uFE0F/u.test(grapheme)) return 2;
  const code = grapheme.codePointAt(0) ?? 0;
  return WIDE_BLOCKS.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
