import { cut, textWidth } from './text-width.ts';

const SYNCHRONIZED = ['\u001b[?2026h', '\u001b[?2026l'] as const;
const CLEAR_TO_END_OF_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const STYLE = new RegExp(`(${String.fromCharCode(0x1b)}\\[[0-9;]*m)`);

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Text on a terminal that is drawn over itself, without a screen of its own: what was there before stays above it, and the last
 * frame stays when it ends. A frame is never higher than the screen, so that it does not scroll. Not Ink, which takes 410 ms to load: a
 * watched table is text already.
 */
export class Frame {
  #lines: readonly string[] = [];

  /** @returns what to write so that the frame has these lines, and the status below them */
  draw(lines: readonly string[], status: string, screen: Screen): string {
    const most = Math.max(1, screen.rows - 2);
    const hidden = lines.length - most;
    const shown = hidden > 0 ? [...lines.slice(0, most - 1), `… ${hidden + 1} more lines`] : lines;
    const next = [...shown, status].map((line) => cutStyled(line, screen.columns));
    const text = next.map((line) => `${line}${CLEAR_TO_END_OF_LINE}\n`).join('');
    const begin = this.#toBegin(screen);
    this.#lines = next;
    return `${SYNCHRONIZED[0]}${begin}${text}${CLEAR_BELOW}${SYNCHRONIZED[1]}`;
  }

  /** A terminal that became narrower has broken the lines that are too long for it. */
  #toBegin({ columns }: Screen): string {
    const up = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(textWidth(withoutStyles(line)) / columns)),
      0,
    );
    return up === 0 ? '' : `\u001b[${up}A\r`;
  }
}

function withoutStyles(line: string): string {
  return line
    .split(STYLE)
    .filter((part) => !STYLE.test(part))
    .join('');
}

/** Cuts the text and keeps its styles, so that each one that begins ends. */
function cutStyled(line: string, width: number): string {
  if (textWidth(withoutStyles(line)) <= width) return line;
  let remaining = width;
  return line
    .split(STYLE)
    .map((part) => {
      if (STYLE.test(part)) return part;
      const text = remaining > 0 ? cut(part, remaining) : '';
      remaining -= text.endsWith('…') ? remaining : textWidth(part);
      return text;
    })
    .join('');
}
