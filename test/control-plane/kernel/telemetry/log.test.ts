import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, type LogFormat } from '../../../../src/control-plane/kernel/telemetry/log.ts';
import { createRedactor } from '../../../../src/control-plane/kernel/telemetry/redaction.ts';

const SECRET = 'correct horse "battery"';

function logTo(format: LogFormat) {
  const lines: string[] = [];
  const redactor = createRedactor();
  redactor.register(SECRET);
  const log = createLog({
    level: 'debug',
    redactor,
    format,
    write: (line) => void lines.push(line),
    bindings: { service: 'test' },
  });
  return { lines, log };
}

describe('the log', () => {
  it('is one JSON object a line, with what each record is bound to', () => {
    const { lines, log } = logTo('json');
    log.child({ requestId: 'req_1', jobId: 'job_1' }).info({ count: 2 }, 'claimed');
    log.trace('not at this level');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'test',
      requestId: 'req_1',
      jobId: 'job_1',
      count: 2,
      msg: 'claimed',
    });
  });

  it.each(['json', 'text'] as const)('G15: hides secrets wherever they are (%s)', (format) => {
    const { lines, log } = logTo(format);
    const cause = new Error(`inner ${SECRET}`);
    log.child({ bound: SECRET }).error(
      {
        err: new Error(`outer ${SECRET}`, { cause }),
        deep: { list: [SECRET, { [SECRET]: 1 }], password: 'short' },
        encoded: Buffer.from(SECRET).toString('base64'),
      },
      `message ${SECRET} %s`,
      SECRET,
    );
    const text = lines.join('');
    expect(text).not.toMatch(/horse/);
    expect(text).not.toContain('short');
    expect(text).not.toContain(Buffer.from(SECRET).toString('base64').slice(4, 16));
    expect(text).toContain('outer [redacted]');
    if (format === 'json') expect(() => JSON.parse(text)).not.toThrow();
  });

  it('G15: a line that is written as it is, is one of which redaction would change nothing', () => {
    const { lines, log } = logTo('json');
    const redactor = createRedactor();
    redactor.register(SECRET);
    const piece = fc.oneof(
      fc.constantFrom(
        ...[
          SECRET,
          'password',
          'token',
          'token: abc',
          '"secret":"x"',
          'Bearer abcdefghijk',
          'AKIAABCDEFGHIJKLMNOP',
          '\n',
          ' ',
          '"',
        ],
        ...[
          'abcde-fghij-klmno-pqrst',
          'https://u:p4ss@host',
          '-----BEGIN RSA PRIVATE KEY-----',
          'Authorization: x y',
          'sha256~abc',
          '=',
        ],
      ),
      fc.string({ unit: 'grapheme-ascii', maxLength: 4 }),
    );
    const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
    const value = fc.oneof(
      text,
      fc.integer(),
      fc.array(text, { maxLength: 2 }),
      fc.dictionary(text, text, { maxKeys: 2 }),
    );
    const name = text.filter((key) => !['level', 'time', 'service', 'msg', 'err', '__proto__'].includes(key));
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true }),
        text,
        (fields, message) => {
          lines.length = 0;
          log.info(fields, message.replaceAll('%', ''));
          const { level: _level, time: _time, service: _service, ...logged } = JSON.parse(lines[0] ?? '');
          const whole = JSON.parse(JSON.stringify({ ...fields, msg: message.replaceAll('%', '') }));
          expect(logged).toEqual(redactor.redactValue(whole));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is readable as text, and a record is one line but for an error', () => {
    const { lines, log } = logTo('text');
    log.warn({ path: '/a', words: 'two words', nested: { a: 1 } }, 'first\nsecond');
    log.error({ err: Object.assign(new Error('broke'), { stack: 'Error: broke\n  at x' }) }, 'failed');
    const [first = '', second = ''] = lines.map((line) => line.replace(/^\S+Z /, ''));
    expect(first).toBe('WARN  first ⏎ second service=test path=/a words="two words" nested="{\\"a\\":1}"\n');
    expect(second).toBe('ERROR failed service=test\n    Error: broke\n      at x\n');
  });
});
