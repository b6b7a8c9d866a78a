import { expect, it } from 'vitest';
import { Frame } from '../../src/render/frame.ts';

const ESC = '\u001b';
const screen = (columns: number, rows = 10) => ({ columns, rows });

it('draws over what it drew, in one update, and clears what is left of it', () => {
  const frame = new Frame();
  expect(frame.draw(['one', 'two'], 'now', screen(20))).toBe(
    `${ESC}[?2026hone${ESC}[K\ntwo${ESC}[K\nnow${ESC}[K\n${ESC}[J${ESC}[?2026l`,
  );
  expect(frame.draw(['one'], 'now', screen(20))).toBe(
    `${ESC}[?2026h${ESC}[3A\rone${ESC}[K\nnow${ESC}[K\n${ESC}[J${ESC}[?2026l`,
  );
});

it('finds its beginning after the terminal became narrower', () => {
  const frame = new Frame();
  frame.draw(['a line of twenty-two c'], 'now', screen(30));
  expect(frame.draw(['x'], 'now', screen(10))).toContain(`${ESC}[4A\r`);
});

it('is never higher or wider than the screen, and ends each style', () => {
  const lines = Array.from({ length: 20 }, () => `${ESC}[32mgreen and long${ESC}[39m tail`);
  const drawn = new Frame().draw(lines, '', screen(8, 6));
  expect(drawn.match(/\n/g)).toHaveLength(5);
  expect(drawn).toContain('… 17 mo…');
  expect(drawn).toContain(`${ESC}[32mgreen a…${ESC}[39m${ESC}[K`);
});
