import { expect, test } from 'vitest';
import {
  fileRecord,
  goQuote,
  parseLogLevel,
  pipeRecords,
  terminalRecords,
} from '../../src/sandbox/log/log-format.ts';

const AT = new Date('2026-01-02T03:04:05.678Z');
const DELETED = {
  level: 'info',
  message: 'Deleted',
  fields: { resourceType: 'vpc', arn: 'arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aa', id: 'vpc-0aa' },
} as const;

test('the file has the time first, fields in order of the alphabet, and quotes what needs quoting', () => {
  expect(fileRecord(DELETED, AT)).toBe(
    'time="2026-01-02T03:04:05Z" level=info msg=Deleted arn="arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aa" id=vpc-0aa resourceType=vpc\n',
  );
});

test('a pipe gets no time and no quotes', () => {
  expect(pipeRecords(DELETED)).toBe(
    'level=info msg=Deleted arn=arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aa id=vpc-0aa resourceType=vpc\n',
  );
});

test('a message of several lines is one record in the file and several in a pipe', () => {
  const line = { level: 'info', message: 'run\n    export KUBECONFIG=/w/auth/kubeconfig' } as const;
  expect(fileRecord(line, AT)).toContain('msg="run\\n    export KUBECONFIG=/w/auth/kubeconfig"\n');
  expect(pipeRecords(line)).toBe(
    'level=info msg=run\nlevel=info msg=    export KUBECONFIG=/w/auth/kubeconfig\n',
  );
});

test('a terminal gets a coloured level and a padded message', () => {
  const text = terminalRecords({ level: 'warning', message: 'Received interrupt signal' });
  expect(text).toBe(`\u001b[33mWARN\u001b[0m ${'Received interrupt signal'.padEnd(44)}\n`);
});

test.each([
  ['plain', '"plain"'],
  ['say "hi"\\', '"say \\"hi\\"\\\\"'],
  ['a\tb\u0000\u001b', '"a\\tb\\x00\\x1b"'],
  ['grün 日本 🎉', '"grün 日本 🎉"'],
  ['\u00a0\u200b', '"\\u00a0\\u200b"'],
])('%j is quoted as Go does it', (value, quoted) => {
  expect(goQuote(value)).toBe(quoted);
});

test('levels have the names that logrus takes', () => {
  expect(parseLogLevel('warn')).toBe('warning');
  expect(parseLogLevel('DEBUG')).toBe('debug');
  expect(parseLogLevel('loud')).toBeUndefined();
  expect(parseLogLevel('constructor')).toBeUndefined();
});
