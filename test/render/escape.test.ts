import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Document, parse } from 'yaml';
import { csvField, printable, printableLines, toJson } from '../../src/contract/escape.ts';
import { toYaml } from '../../src/render/yaml.ts';

/** Every character of Unicode's control and format classes, the separators of lines and paragraphs, and a lone surrogate. */
const UNSAFE = [...unsafeCharacters()];
const FORBIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...UNSAFE),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('"', "'", '\\', ': ', '- ', '#'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('M6: no character of a user changes what a reader sees', () => {
  it.each([
    ['printable', printable],
    ['printableLines', printableLines],
    ['JSON', (text: string) => toJson({ text, [text]: 1 }, 2)],
    ['YAML', (text: string) => toYaml({ text, list: [text], [`k${text}`]: text })],
    ['CSV', csvField],
  ])('%s, each character alone and in any text', (_name, write) => {
    for (const character of UNSAFE) expect(write(`a${character}b`)).not.toMatch(FORBIDDEN);
    fc.assert(
      fc.property(hostile, (text) => {
        expect(write(text)).not.toMatch(FORBIDDEN);
      }),
    );
  });

  it('a line of a terminal stays one line', () => {
    for (const character of UNSAFE) expect(printable(`a${character}b`)).not.toMatch(/[\n\t]/);
  });

  it('JSON and YAML parse to the same document', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(JSON.parse(toJson({ text }))).toEqual({ text });
        const whole = text.replace(/\p{Cs}/gu, '');
        expect(parse(toYaml({ text: whole, [`k${whole}`]: [whole] }))).toEqual({
          text: whole,
          [`k${whole}`]: [whole],
        });
      }),
    );
  });

  it('YAML of an ordinary document is that of the library', () => {
    const document = { a: ['x: y', 'multi\nline', true, 'true', 1.5, null], bc: { d: '' } };
    expect(toYaml(document)).toBe(new Document(document).toString({ lineWidth: 0 }));
  });

  it('shows what a text hides', () => {
    expect(printable('x\u001b]0;PWN\u0007\u202edcba')).toBe('x\\u001b]0;PWN\\u0007\\u202edcba');
    expect(printable('\u001b[31mred\u001b[39m\r\nnext')).toBe('red next');
    expect(printable('\u{e0041}')).toBe('\\udb40\\udc41');
  });
});

describe('M6: a spreadsheet runs no text of a user', () => {
  it.each([
    '=1+1',
    '+cmd',
    '@sum',
    '-cmd',
    "-2+3+cmd|' /C calc'!A0",
    ' =1',
    '\t=1',
    '\n=1',
    '\uff1d1',
    '-1.5e',
  ])('%j', (text) => {
    expect(csvField(text).replace(/^"/, '')).toMatch(/^'/);
  });

  it('numbers and ordinary texts stay as they are', () => {
    expect(['-1.5', '-3', 'a-b', 'x=y', ''].map(csvField)).toEqual(['-1.5', '-3', 'a-b', 'x=y', '']);
    expect(csvField('line\nbreak')).toBe('"line\nbreak"');
  });
});

function* unsafeCharacters(): Generator<string> {
  yield '\ud800';
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character)) yield character;
  }
}
