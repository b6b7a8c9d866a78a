import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ENTRY, runCli, temporaryFolder } from './support/run-cli.ts';
import { problemResponse, startStubServer } from './support/stub-server.ts';

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

  it('an error of the server, or none at all, is nothing to offer', async () => {
    await using server = await startStubServer({
      'GET /v1/profiles': () => problemResponse(403, 'FORBIDDEN', 'no'),
    });
    const words = ['__complete', '--', 'create', '--profile', ''];
    const nothing = { code: 0, stdout: '', stderr: '' };
    expect(await runCli(words, { ...server.env, ...env() })).toMatchObject(nothing);
    expect(await runCli(words, env())).toMatchObject(nothing);
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
