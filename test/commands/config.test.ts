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

  it('get prints the bare value; unset returns to what applies then', async () => {
    const env = { OCPCTL_CONFIG_DIR: temporaryFolder() };
    await runCli(['config', 'set', 'timeout', '1m'], env);
    expect(await runCli(['config', 'get', 'timeout'], env)).toMatchObject({
      code: 0,
      stdout: '1m\n',
      stderr: '',
    });
    const json = await runCli(['config', 'get', 'timeout', '--json'], env);
    expect(JSON.parse(json.stdout).items).toEqual([{ name: 'timeout', value: '1m', source: 'file' }]);
    const unset = await runCli(['config', 'unset', 'timeout', '-o', 'value=source'], env);
    expect(unset).toMatchObject({ code: 0, stdout: 'default\n' });
    expect((await runCli(['config', 'get', 'timeout'], env)).stdout).toBe('30s\n');
    expect(await runCli(['config', 'unset', 'colour'], env)).toMatchObject({ code: 2 });
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

  it('current prints the name in use: of the flag, the environment or the file', async () => {
    const env = { OCPCTL_CONFIG_DIR: temporaryFolder() };
    const none = await runCli(['context', 'current'], env);
    expect(none).toMatchObject({ code: 3, stdout: '' });
    expect(none.stderr).toContain('there is no current context');
    await runCli(['context', 'add', 'work', '--server', 'http://w:1'], env);
    await runCli(['context', 'add', 'home', '--server', 'http://h:1'], env);
    expect(await runCli(['context', 'current'], env)).toMatchObject({
      code: 0,
      stdout: 'work\n',
      stderr: '',
    });
    expect((await runCli(['context', 'current'], { ...env, OCPCTL_CONTEXT: 'home' })).stdout).toBe('home\n');
    const json = await runCli(['context', 'current', '--context', 'home', '-o', 'value=items.0.server'], env);
    expect(json.stdout).toBe('http://h:1\n');
    expect(await runCli(['context', 'current', '--context', 'gone'], env)).toMatchObject({
      code: 2,
      stdout: '',
    });
  });

  it('the only copy of a secret key goes only when that is confirmed', async () => {
    const env = { OCPCTL_CONFIG_DIR: temporaryFolder() };
    const add = (name: string, keyId: string, ...flags: string[]) => {
      const key = ['--access-key-id', keyId, '--secret-access-key-file', '-'];
      return runCli(['context', 'add', name, '--server', 'http://w:1', ...key, ...flags], env, 'secret');
    };
    await add('work', 'K1');
    for (const refused of [
      await runCli(['context', 'remove', 'work'], env),
      await add('work', 'K2'),
      await runCli(['context', 'add', 'work', '--server', 'http://w:1'], env),
    ]) {
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toContain('context work has the only copy here of the secret of key K1');
    }
    expect(await add('work', 'K1')).toMatchObject({ code: 0 });
    await add('copy', 'K1');
    expect(await runCli(['context', 'remove', 'copy'], env)).toMatchObject({ code: 0 });
    expect(await add('work', 'K2', '--yes')).toMatchObject({ code: 0 });
    expect(await runCli(['context', 'remove', 'work', '-y'], env)).toMatchObject({ code: 0 });
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
