import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventStreamParser, type ServerSentEvent } from '../../src/client/event-stream-parser.ts';

function parse(...chunks: (string | Uint8Array)[]): ServerSentEvent[] {
  const parser = new EventStreamParser();
  return chunks.flatMap((chunk) => parser.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
}

const dataOf = (...chunks: (string | Uint8Array)[]) => parse(...chunks).map(({ data }) => data);

describe('a message', () => {
  test('has an id, a name and data', () => {
    expect(parse('id: 7\nevent: end\ndata: {}\n\n')).toEqual([{ id: '7', event: 'end', data: '{}' }]);
  });

  test('may have several lines of data', () => {
    expect(dataOf('data: a\ndata\ndata:  b\n\n')).toEqual(['a\n\n b']);
  });

  test('without data is none, but its id counts and its name is forgotten', () => {
    expect(parse('id: 3\nevent: x\n\ndata: a\n\n')).toEqual([{ id: '3', event: 'message', data: 'a' }]);
  });

  test('keeps the id of the one before; an empty id takes it back, one with NUL does not count', () => {
    const messages = parse('id: 3\ndata: a\n\ndata: b\n\nid: 4\0\ndata: c\n\nid\ndata: d\n\n');
    expect(messages.map(({ id }) => id)).toEqual(['3', '3', '3', '']);
  });

  test('that the end of the stream cuts off is none', () => {
    expect(parse('data: a\n')).toEqual([]);
    expect(parse('data: a')).toEqual([]);
  });
});

describe('lines', () => {
  test.each(['\n', '\r', '\r\n'])('end with %j', (end) => {
    expect(parse(`id: 1${end}data: a${end}${end}data: b${end}${end}`)).toMatchObject([
      { id: '1' },
      { data: 'b' },
    ]);
  });

  test('that begin with a colon or name something else are passed over', () => {
    expect(dataOf(': hello\nother: x\ndata: a\n:\n\n')).toEqual(['a']);
  });

  test('that end with CR count at once, and an LF in the next chunk belongs to them', () => {
    const parser = new EventStreamParser();
    expect(parser.push(Buffer.from('data: a\r\r'))).toHaveLength(1);
    expect(parser.push(Buffer.from('\ndata: b\r'))).toEqual([]);
    expect(parser.push(Buffer.from('\ndata: c\r\n\r\n'))).toMatchObject([{ data: 'b\nc' }]);
  });

  test('with a retry of digits set the pause', () => {
    const parser = new EventStreamParser();
    parser.push(Buffer.from('retry: 2500\nretry: soon\n'));
    expect(parser.retryMs).toBe(2500);
  });
});

test('a byte order mark at the start is not text', () => {
  expect(dataOf('\ufeffdata: a\n\n')).toEqual(['a']);
});

test('a stream means the same wherever it is cut', () => {
  const stream = Buffer.from(
    ': c\r\nid: 1\r\ndata: é🦉\r\ndata: e\r\n\r\nid: 2\rdata: b\r\rdata: c\ndata: d\n\nevent: end\ndata: {}\n\n',
  );
  const whole = parse(stream);
  expect(whole).toHaveLength(4);
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const chunks = edges.slice(1).map((edge, i) => stream.subarray(edges[i], edge));
      expect(parse(...chunks)).toEqual(whole);
    }),
  );
});
