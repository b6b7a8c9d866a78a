import { describe, expect, it } from 'vitest';
import { parseLogLine } from '../../../../src/control-plane/clusters/installer/log-record.ts';

const head = 'time="2026-01-02T03:04:05Z" level=info';

describe('parseLogLine', () => {
  it('reads bare and quoted values, and fields after the message', () => {
    const line = `${head} msg=Deleted arn="arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aa" id=vpc-0aa resourceType=vpc`;
    expect(parseLogLine(line)).toEqual({
      time: new Date('2026-01-02T03:04:05Z'),
      level: 'info',
      message: 'Deleted',
      fields: { arn: 'arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aa', id: 'vpc-0aa', resourceType: 'vpc' },
    });
  });

  it('reads field names that hold a space', () => {
    const line = `${head} msg=Deleted id=Z01 record set="A api.demo.example.com."`;
    expect(parseLogLine(line)?.fields).toEqual({ id: 'Z01', 'record set': 'A api.demo.example.com.' });
  });

  it.each([
    [String.raw`a\nb`, 'a\nb'],
    [String.raw`say \"hi\" to C:\\dir`, 'say "hi" to C:\\dir'],
    [String.raw`\x1b[0m`, '\x1b[0m'],
    [String.raw`\u2028\u00e9`, '\u2028é'],
    [String.raw`\U0001f600`, '😀'],
    [String.raw`\xe2\x82\xac`, '€'],
    [String.raw`\xff`, '\ufffd'],
    [String.raw`\a\b\f\r\t\v`, '\x07\b\f\r\t\v'],
    [String.raw`\\n is not a line end`, String.raw`\n is not a line end`],
    ['Zażółć 日本', 'Zażółć 日本'],
  ])('undoes the quoting of %s', (quoted, plain) => {
    expect(parseLogLine(`${head} msg="${quoted}"`)?.message).toBe(plain);
  });

  it('takes an absent or empty message as empty', () => {
    expect(parseLogLine(head)?.message).toBe('');
    expect(parseLogLine(`${head} msg=`)?.message).toBe('');
    expect(parseLogLine(`${head} msg= error=boom`)?.fields).toEqual({ error: 'boom' });
  });

  it('keeps what is left of a record that broke off inside its last value', () => {
    const record = parseLogLine(String.raw`${head} msg="pullSecret: Invalid value: \"{\\\"auths`);
    expect(record?.message).toBe(String.raw`pullSecret: Invalid value: "{\"auths`);
    expect(parseLogLine(`${head} msg="ends in a backslash\\`)?.message).toBe('ends in a backslash');
  });

  it.each([
    ['', 'an empty line'],
    ['I0812 14:37:46.543646 1434068 warning_handler.go:65] metadata.finalizers: "x"', 'klog'],
    ['level=info msg=Waiting up to 20m0s (until 2:52PM CEST) for the Kubernetes API', 'stderr, unquoted'],
    ['panic: runtime error: invalid memory address', 'a panic'],
    ['time="yesterday" level=info msg=x', 'a time that is none'],
    ['time="2026-01-02T03:04:05Z" level=loud msg=x', 'a level that is none'],
    ['time="2026-01-02T03:04:05Z" msg=x', 'no level'],
    [`${head} msg="closed"then=more`, 'text right after a closing quote'],
    [`${head} msg`, 'a name without a value'],
    ['\0\0\0\0', 'zero bytes after a crash'],
  ])('refuses %j (%s)', (line) => {
    expect(parseLogLine(line)).toBeUndefined();
  });

  it('reads times with offsets and fractions', () => {
    const line = 'time="2026-01-02T05:04:05.25+02:00" level=fatal msg=x';
    expect(parseLogLine(line)?.time).toEqual(new Date('2026-01-02T03:04:05.250Z'));
  });

  it('reads a value of a megabyte', () => {
    const text = 'x\\n'.repeat(350_000);
    expect(parseLogLine(`${head} msg="${text}"`)?.message).toHaveLength(700_000);
  });
});
