import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, temporaryFolder } from './support/run-cli.ts';

describe('config', () => {
  it('sets, gets and lists, and says where each value comes from', async () => {
    const env = { OCPCTL_CONFIG_DIR: temporaryFolder() };
    expect(await runCli(['config', 'set', 'timeout', '1m'], env)).toMatchObject({ code: 0 });
    expect((await runCli(['config', 'get', 'timeout', '-o', 'value=value'], env)).stdout).toBe('1m\n');
    const list = await runCli(['config', 'list', '--json'], { ...env, OCPCTL_PROGRESS: 'plain' });
    expect(JSON.parse(list.stdout).items).toEqual(
      expect.arrayContaining([
        { name: 'timeout', value: '1m', source: 'file' },
        { name: 'progress', value: 'plain', source: 'environment' },
        { name: 'output', value: 'table', source: 'default' },
      ]),
    );
  });

  it('refuses unknown settings and wrong values, and changes nothing', async () => {
    const folder = temporaryFolder();
    const env = { OCPCTL_CONFIG_DIR: folder };
    expect(await runCli(['config', 'set', 'colour', 'red'], env)).toMatchObject({ code: 2, stdout: '' });
    expect(await runCli(['config', 'set', 'timeout', 'soon'], env)).toMatchObject({ code: 2, stdout: '' });
    expect((await runCli(['config', 'list', '-o', 'value=source'], env)).stdout).not.toContain('file');
  });

  it('decides the format of errors too', async () => {
    const env = { OCPCTL_CONFIG_DIR: temporaryFolder() };
    await runCli(['config', 'set', 'output', 'json'], env);
    const run = await runCli(['list', '--nope'], env);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { exitCode: 2 } });
  });
});

describe('context', () => {
  it('adds, uses, lists and removes; a secret comes from stdin or a file and is never shown', async () => {
    const folder = temporaryFolder();
    const env = { OCPCTL_CONFIG_DIR: folder };
    const add = [
      'context',
      'add',
      'work',
      '--server',
      'http://w:1/',
      '--access-key-id',
      'K1',
      '--secret-access-key-file',
      '-',
    ];
    const added = await runCli(add, env, 'top-secret\n');
    expect(added.code).toBe(0);
    expect(statSync(join(folder, 'config.json')).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject({
      currentContext: 'work',
      contexts: { work: { server: 'http://w:1', accessKeyId: 'K1', secretAccessKey: 'top-secret' } },
    });
    await runCli(['context', 'add', 'home', '--server', 'http://h:1'], env);
    expect((await runCli(['context', 'use', 'home'], env)).code).toBe(0);
    for (const format of ['wide', 'json', 'yaml', 'csv']) {
      const list = await runCli(['context', 'list', '-o', format], env);
      expect(list.stdout).toContain('K1');
      expect(`${list.stdout}${list.stderr}${added.stdout}`).not.toContain('top-secret');
    }
    expect((await runCli(['context', 'list', '-o', 'value=current'], env)).stdout).toBe('true\nfalse\n');
    expect(await runCli(['context', 'remove', 'home'], env)).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).currentContext).toBeUndefined();
    expect(await runCli(['context', 'use', 'gone'], env)).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    [['context', 'add', 'x'], 'missing flag --server'],
    [['context', 'add', '-x', '--server', 'http://x'], 'unknown flag: -x'],
    [['context', 'add', 'a b', '--server', 'http://x'], 'invalid context name "a b"'],
    [['context', 'add', 'x', '--server', 'x'], 'invalid server URL "x"'],
    [['context', 'add', 'x', '--server', 'http://x', '--access-key-id', 'K'], 'must be used together'],
  ])('%j is a usage error', async (argv, words) => {
    const run = await runCli(argv, { OCPCTL_CONFIG_DIR: temporaryFolder() });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(words);
  });
});
