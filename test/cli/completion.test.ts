import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core/config';
import { describe, expect, it } from 'vitest';
import { completeWords } from '../../src/cli/completion/complete-words.ts';
import { columnValues, LIST_COLUMNS, listColumns } from '../../src/cli/completion/list-columns.ts';

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

  it('with what help explains: commands, and topics of its own', () => {
    expect(values('help', 'e')).toEqual(['extend', 'exit-codes', 'environment']);
    expect(values('help', 'jobs', 'l')).toEqual(['list']);
    expect(values('help', 'jobs', 'x')).toEqual([]);
    expect(values('help', '--js')).toEqual(['--json']);
  });

  it('with settings, and the values of those that have some', () => {
    expect(values('config', 'set', '')).toEqual(['output', 'timeout', 'color', 'progress', 'no-input']);
    expect(values('config', 'unset', 'c')).toEqual(['color']);
    expect(values('config', 'set', 'color', 'a')).toEqual(['auto', 'always']);
    expect(values('config', 'set', 'timeout', '')).toEqual([]);
  });

  it('with the columns of what the command lists', () => {
    expect(complete('list', '--columns', 'name,st')).toEqual({
      ...{ kind: 'columns', command: 'list', prefix: '', current: 'name,st' },
    });
    expect(complete('jobs', 'list', '--sort=-a')).toMatchObject({ command: 'jobs:list', prefix: '--sort=' });
    expect(columnValues(['name', 'status', 'cost'], 'name,-st', '')).toEqual(['name,-status', 'name,-cost']);
  });

  it.each(Object.keys(LIST_COLUMNS))('%s has columns, and is a command', async (command) => {
    expect(config.findCommand(command)).toBeDefined();
    expect((await listColumns(command)).length).toBeGreaterThan(1);
  });

  it('each command that lists something has its columns', () => {
    const lists = config.commands.map(({ id }) => id).filter((id) => /(^|:)list$/.test(id));
    expect(Object.keys(LIST_COLUMNS)).toEqual(expect.arrayContaining(lists));
  });

  it('with the flags of a command under each of its names', () => {
    for (const [name, command] of [
      ['rm', 'destroy'],
      ['describe', 'get'],
      ['ps', 'list'],
    ] as const)
      expect(values(name, '--')).toEqual(values(command, '--'));
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
    expect(complete(...words)).toEqual({ kind: 'names', of, prefix: '', current: '', flags: {} });
  });

  it('with names after an equals sign', () => {
    expect(complete('create', '--profile=aws')).toEqual({
      kind: 'names',
      of: ['profile'],
      prefix: '--profile=',
      current: 'aws',
      flags: {},
    });
  });

  it.each([
    ['destroy', '--context', 'other', '--yes', ''],
    ['--context', 'other', 'destroy', ''],
    ['--context=other', '-ojson', '-qo', 'json', 'destroy', '--yes', ''],
    ['--context', '=', 'other', 'destroy', '--wait', ''],
  ])('%s %s %s %s with names of the typed context', (...words) => {
    expect(complete(...words)).toMatchObject({ of: ['cluster'], current: '', flags: { context: 'other' } });
  });

  it('with names of the typed server and AWS profile, also where bash splits at colons', () => {
    const server = ['--server', 'http', ':', '//127.0.0.1', ':', '8420'];
    expect(complete(...server, 'get', '--aws-profile=p', '')).toMatchObject({
      of: ['cluster'],
      flags: { server: 'http://127.0.0.1:8420', 'aws-profile': 'p' },
    });
    expect(complete('run', '--context', 'a', '--', 'x', '')).toEqual({ kind: 'files' });
  });

  it('after flags of all commands, with these flags, their values and commands', () => {
    expect(values('--cont')).toEqual(['--context']);
    expect(values('--json', '--js')).toEqual([]);
    expect(complete('--context', '')).toMatchObject({ kind: 'names', of: ['context'] });
    expect(values('-o', 'js')).toEqual(['json']);
    expect(values('--output=js')).toEqual(['--output=json']);
    expect(values('--json', 'cre')).toEqual(['create']);
    expect(values('-q', 'admin', 'orphans', 's')).toEqual(['show', 'sweep']);
    expect(values('--json', 'list', '--status', 'RE')).toEqual(['READY']);
    expect(values('--json', 'list', '--js')).toEqual([]);
    expect(values('--status', '')).toEqual([]);
  });

  it('not where nothing can be known, and with files after --', () => {
    expect(values('get', 'demo', '')).toEqual([]);
    expect(values('admin', 'notifications', 'test', '')).toEqual([]);
    expect(values('nosuch', 'x', '')).toEqual([]);
    expect(values('run', '--profile', 'p', '--', 'oc', '')).toEqual(['files']);
  });
});
