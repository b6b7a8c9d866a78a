import { expect, test } from 'vitest';
import { parseInstallerArguments } from '../../src/sandbox/installer/arguments.ts';

test('flags may stand before or after the command', () => {
  const expected = { command: 'create cluster', dir: '/w', level: 'warning', skipPasswordPrint: false };
  expect(parseInstallerArguments(['create', 'cluster', '--dir', '/w', '--log-level=warn'])).toEqual(expected);
  expect(parseInstallerArguments(['--dir=/w', '--log-level', 'warn', 'create', 'cluster'])).toEqual(expected);
});

test('defaults are those of the installer', () => {
  expect(parseInstallerArguments(['destroy', 'cluster'])).toMatchObject({ dir: '.', level: 'info' });
});

test('a bad log level is fatal', () => {
  expect(() => parseInstallerArguments(['create', 'cluster', '--log-level=loud'])).toThrow(
    'not a valid logrus Level: "loud"',
  );
});

test.each([[[]], [['create']], [['--help']], [['create', 'cluster', '-h']]])('%o asks for help', (argv) => {
  expect(parseInstallerArguments(argv)).toBe('help');
});
