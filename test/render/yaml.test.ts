import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from '../../src/render/yaml.ts';

/** Texts that a reader of YAML 1.1 or 1.2 takes for a boolean, a number, a time, null, or something with a meaning of its own. */
const TRAPS = [
  ...['y', 'Y', 'n', 'N', 'yes', 'Yes', 'YES', 'no', 'No', 'NO', 'on', 'On', 'ON', 'off', 'Off', 'OFF'],
  ...['true', 'True', 'TRUE', 'false', 'null', 'Null', 'NULL', '~', ''],
  ...[
    '1',
    '-1',
    '+1',
    '007',
    '0o17',
    '0x1F',
    '0b11',
    '1_000',
    '1.5',
    '.5',
    '1e3',
    '1E3',
    '.inf',
    '-.Inf',
    '.nan',
  ],
  ...['12:30:00', '1:30', '190:20:30.15', '2026-01-01', '2026-01-01T00:00:00Z', '2026-01-01 00:00:00 +1'],
  ...['=', '<<', '- a', '-', '?', ': a', 'a: b', 'a #b', '#a', '&a', '*a', '!a', '|', '>', '%a', '@a', '`a'],
  ...['[a]', '{a}', '"a"', "'a'", ' a', 'a ', 'a\tb', '\ta', 'a\nb', 'a\n', '\na', 'a\n\nb\n', '---', '...'],
  ...[
    '\u0085',
    '\u2028a',
    'a\u2028',
    '\ufeffa',
    'é',
    'demo',
    'aws-minimal-test',
    'https://a.b:6443/c',
    '4.20.3',
  ],
];

describe('a text stays that text', () => {
  it.each(TRAPS)('%j, for readers of YAML 1.1 and 1.2, as a value, in a list, and as a key', (text) => {
    const document = { value: text, list: [text], [text]: 'key' };
    const yaml = toYaml(document);
    for (const version of ['1.1', '1.2'] as const) expect(parse(yaml, { version }), yaml).toEqual(document);
  });

  it('names, versions of Kubernetes and addresses are not quoted; an install-config stays readable', () => {
    expect(toYaml({ name: 'demo', server: 'https://a:6443', note: 'two\nlines\n' })).toBe(
      'name: demo\nserver: https://a:6443\nnote: |\n  two\n  lines\n',
    );
  });

  const python = spawnSync('python3', ['-c', 'import yaml'], { encoding: 'utf8' });
  it.skipIf(python.status !== 0)('PyYAML reads them all back', () => {
    const document = { all: TRAPS, ...Object.fromEntries(TRAPS.map((text) => [text, text])) };
    const script = 'import sys, json, yaml; json.dump(yaml.safe_load(sys.stdin.read()), sys.stdout)';
    const { stdout, stderr } = spawnSync('python3', ['-c', script], {
      input: toYaml(document),
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout || stderr)).toEqual(document);
  });
});
