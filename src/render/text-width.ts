import { eastAsianWidth } from 'get-east-asian-width';

const ASCII = /^[\x20-\x7e]*$/;
/** Flags, keycaps, and what a variation selector or the character itself makes an emoji. */
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
const WITHOUT_WIDTH = /^[\p{Mark}\p{Cc}\p{Cf}\u1160-\u11ff]+$/u;

let graphemes: Intl.Segmenter | undefined;

/** Characters as a reader sees them: `é` of two code points and a flag are one. */
function graphemesOf(text: string): string[] {
  if (ASCII.test(text)) return text.split('');
  graphemes ??= new Intl.Segmenter();
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** Cells that a text without styles takes on a terminal. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  return graphemesOf(text).reduce((width, grapheme) => width + graphemeWidth(grapheme), 0);
}

function graphemeWidth(grapheme: string): number {
  if (WITHOUT_WIDTH.test(grapheme)) return 0;
  if (EMOJI.test(grapheme)) return 2;
  return eastAsianWidth(grapheme.codePointAt(0) ?? 0);
}

/** Pads a text with spaces to a width in cells. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return side === 'right' ? text + space : space + text;
}

/** A text of at most `width` cells, which ends with `…` if something of it is missing. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return `${beginning(text, width - 1).trimEnd()}…`;
}

/** Lines of at most `width` cells, broken at spaces where there are some. */
export function wrapText(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    for (line = word; textWidth(line) > width; ) {
      const part = beginning(line, width) || (graphemesOf(line)[0] ?? line);
      lines.push(part);
      line = line.slice(part.length);
    }
  }
  return [...lines, line];
}

/** The same, with words that are too long left whole, and commands of ocpctl, so that they can be copied. */
export function wrapWords(text: string, width: number): string[] {
  const command = text.search(/['"`]?\bocpctl \S/);
  const [prose, ...rest] = command < 0 ? [text] : [text.slice(0, command).trimEnd(), text.slice(command)];
  const words = [...(prose === undefined || prose === '' ? [] : prose.split(' ')), ...rest];
  const lines: string[] = [];
  for (const word of words) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer) <= width) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines.length === 0 ? [text] : lines;
}

/** As many whole characters as fit. */
function beginning(text: string, width: number): string {
  let [kept, used] = ['', 0];
  for (const grapheme of graphemesOf(text)) {
    used += graphemeWidth(grapheme);
    if (used > width) break;
    kept += grapheme;
  }
  return kept;
}
