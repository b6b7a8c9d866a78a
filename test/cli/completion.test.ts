import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core/config';
import { describe, expect, it } from 'vitest';
import { completeWords } from '../../src/cli/completion/complete-words.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const config = await Config.load({ root, devPlugins: false, userPlugins: false });
const complete = (...words: string[]) => completeWords(config.commands, config.topics, words);

function values(...words: string[]): string[] {
  const found = complete(...words);
  return found.kind === 'words' ? found.candidates.map(({ value }) => value) : [found.kind];
}

describe('a command line is completed', () => {
  it('with commands and topics, and what they do; hidden ones are not offered', () => {
    expect(values('cre')).toEqual(['create']);
    expect(values('')).toContain('jobs');
    expect(values('')).not.toContain('__complete');
    expect(values('jobs', '')).toEqual(['cancel', 'get', 'list', 'retry']);
    expect(values('admin', 'orphans', 's')).toEqual(['show', 'sweep']);
    expect(complete('cre')).toMatchObject({ candidates: [{ description: 'Create a cluster' }] });
  });

  it('with flags that are not there yet, its own before those of all commands', () => {
    expect(values('create', '--pro')).toEqual(['--profile', '--progress']);
    expect(values('create', '--profile', 'x', '--pro')).toEqual(['--progress']);
    expect(values('create', '--tag', 'a=b', '--ta')).toEqual(['--tag']);
    const all = values('destroy', '--');
    expect(all.indexOf('--yes')).toBeLessThan(all.indexOf('--output'));
    expect(values('ls', '--own')).toEqual(['--owner']);
  });

  it('with the values of flags, also where bash splits at the equals sign', () => {
    expect(values('list', '--status', 'RE')).toEqual(['READY']);
    expect(values('list', '--status=RE')).toEqual(['--status=READY']);
    expect(values('list', '--status', '=', 'RE')).toEqual(['--status=READY']);
    expect(values('list', '-o', 'va')).toEqual(['value=']);
    expect(values('outputs', 'demo', '--kubeconfig', '')).toEqual(['files']);
    expect(values('create', '--ttl', '')).toEqual([]);
  });

  it.each([
    [['destroy', ''], ['cluster']],
    [['destroy', 'demo', '--wait', ''], ['cluster']],
    [['create', '--profile', ''], ['profile']],
    [['profiles', 'get', ''], ['profile']],
    [
      ['logs', ''],
      ['cluster', 'job'],
    ],
    [
      ['jobs', 'get', ''],
      ['cluster', 'job'],
    ],
    [['context', 'use', ''], ['context']],
    [['list', '--context', ''], ['context']],
    [['offhours', 'show', ''], ['team']],
  ])('%j with names', (words, of) => {
    expect(complete(...words)).toEqual({ kind: 'names', of, prefix: '', current: '' });
  });

  it('with names after an equals sign', () => {
    expect(complete('create', '--profile=aws')).toEqual({
      kind: 'names',
      of: ['profile'],
      prefix: '--profile=',
      current: 'aws',
    });
  });

  it('not where nothing can be known, and with files after --', () => {
    expect(values('get', 'demo', '')).toEqual([]);
    expect(values('admin', 'notifications', 'test', '')).toEqual([]);
    expect(values('nosuch', 'x', '')).toEqual([]);
    expect(values('run', '--profile', 'p', '--', 'oc', '')).toEqual(['files']);
  });
});
