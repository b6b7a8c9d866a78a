import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitLines, TRUNCATED } from '../../../../src/control-plane/kernel/process/line-splitter.ts';

function split(chunks: readonly Uint8Array[], maxBytes?: number): string[] {
  const lines: string[] = [];
  const splitter = splitLines((line) => void lines.push(line), maxBytes);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

it('cuts at line ends, whatever the chunks are', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 7 }), (texts, size) => {
      const lines = texts.map((text) => text.replaceAll(/[\r\n]/g, ''));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(split(chunks)).toEqual(lines);
    }),
  );
});

it('drops carriage returns and keeps a last line without an end', () => {
  expect(split([Buffer.from('a\r\n\r\nb\rc\nlast')])).toEqual(['a', '', 'b\rc', 'last']);
});

it('cuts a huge line once and goes on with the next', () => {
  const endless = [Buffer.from('aaaa'), Buffer.from('aaaaaa'), Buffer.from('aaaa'), Buffer.from('a\nnext\n')];
  expect(split(endless, 8)).toEqual([`aaaaaaaa${TRUNCATED}`, 'next']);
  expect(split([Buffer.from('12345678\n')], 8)).toEqual(['12345678']);
  expect(split([Buffer.from('1234567é\n')], 8)).toEqual([`1234567${TRUNCATED}`]);
});

it('says where each line ends, in bytes of the stream', () => {
  const ends: number[] = [];
  const splitter = splitLines((_line, endBytes) => void ends.push(endBytes), 4);
  for (const chunk of ['é\n\ntoo', ' long\r', '\nlast']) splitter.push(Buffer.from(chunk));
  splitter.end();
  expect(ends).toEqual([3, 4, 14, 18]);
});
