import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENTRY, runCli, temporaryFolder } from './support/run-cli.ts';
import { problemResponse, type StubResponse, startStubServer } from './support/stub-server.ts';

const profile = { name: 'aws\u001b[2J', description: 'one\tline\nof two' };
const env = () => ({ OCPCTL_CONFIG_DIR: temporaryFolder() });

describe('__complete', () => {
  it('prints names with their descriptions, asks the server once in 30 s, and prints nothing that moves the cursor', async () => {
    await using server = await startStubServer({
      'GET /v1/profiles': () => ({ body: { items: [profile] } }),
    });
    const own = { ...server.env, ...env() };
    for (const _ of ['asked', 'remembered']) {
      const { code, stdout, stderr } = await runCli(['__complete', '--', 'create', '--profile', ''], own);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toBe('aws\\u001b[2J\tone line\n');
    }
    expect(server.received).toHaveLength(1);
  });

  it('asks the server of the typed context for all kinds at the same time', async () => {
    const arrived: string[] = [];
    let answerAll = () => {};
    const both = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    const hold = (name: string, answer: StubResponse) => ({
      stream: (response: ServerResponse) => {
        arrived.push(name);
        if (arrived.length === 2) answerAll();
        void both.then(() => {
          response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
          response.end(JSON.stringify(answer.body));
        });
      },
    });
    const cluster = { name: 'demo', status: 'READY', owner: 'ada' };
    const job = { id: 'job_1', type: 'create', status: 'RUNNING', resourceName: 'demo' };
    await using server = await startStubServer({
      'GET /v1/clusters': () => hold('clusters', { body: { items: [cluster] } }),
      'GET /v1/jobs': () => hold('jobs', { body: { items: [job] } }),
    });
    const folder = temporaryFolder();
    const keys = { accessKeyId: 'OCPKTEST', secretAccessKey: 'secret' };
    const contexts = {
      current: { server: 'http://127.0.0.1:9', ...keys },
      other: { server: server.url, ...keys },
    };
    const config = JSON.stringify({ currentContext: 'current', contexts });
    writeFileSync(join(folder, 'config.json'), config, { mode: 0o600 });
    const own = { OCPCTL_CONFIG_DIR: folder };
    for (const words of [
      ['--context', 'other', 'logs', ''],
      ['logs', '--context=other', ''],
    ]) {
      const { stdout } = await runCli(['__complete', '--', ...words], own);
      expect(stdout).toBe('demo\tREADY, ada\njob_1\tcreate demo, RUNNING\n');
    }
    expect(arrived).toHaveLength(2);
    expect(await runCli(['__complete', '--', 'logs', ''], own)).toMatchObject({ code: 0, stdout: '' });
    expect(await runCli(['__complete', '--', 'logs', '--context', 'x', ''], own)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('an error of the server, or none at all, is nothing to offer', async () => {
    await using server = await startStubServer({
      'GET /v1/profiles': () => problemResponse(403, 'FORBIDDEN', 'no'),
    });
    const words = ['__complete', '--', 'create', '--profile', ''];
    const nothing = { code: 0, stdout: '', stderr: '' };
    expect(await runCli(words, { ...server.env, ...env() })).toMatchObject(nothing);
    expect(await runCli(words, env())).toMatchObject(nothing);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), '{');
    expect(await runCli(words, { OCPCTL_CONFIG_DIR: folder })).toMatchObject(nothing);
    expect((await runCli(['__complete', '--', 'crea'], { OCPCTL_CONFIG_DIR: folder })).stdout).toMatch(
      /^create\t/,
    );
  });
});

describe('completion', () => {
  it('bash offers what __complete prints, and replaces only what follows an equals sign', () => {
    const bin = temporaryFolder();
    writeFileSync(join(bin, 'ocpctl'), `#!/bin/sh\nexec '${process.execPath}' '${ENTRY}' "$@"\n`);
    chmodSync(join(bin, 'ocpctl'), 0o755);
    const script = `source <(ocpctl completion bash)
      ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ocpctl; echo "\${COMPREPLY[@]}"; }
      ask ocpctl cre; ask ocpctl list --status = RE; ask ocpctl list --status=RE; ask ocpctl create --ttl ''`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
      env: { PATH: `${bin}:${process.env['PATH']}`, HOME: bin, OCPCTL_CONFIG_DIR: bin },
      encoding: 'utf8',
    });
    expect(stdout, stderr).toBe('create\nREADY\n--status=READY\n\n');
  });

  it.each(['zsh', 'fish'])('%s has a script; an unknown shell is refused', async (shell) => {
    expect((await runCli(['completion', shell], env())).stdout).toContain('ocpctl __complete --');
    expect((await runCli(['completion', 'csh'], env())).code).toBe(2);
  });
});
