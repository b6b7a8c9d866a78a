import { appendFileSync, chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archiveOf, publish, startMirror } from '../control-plane/clusters/installer/fake-mirror.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';

const INSTALLER = '#!/bin/sh\necho "openshift-install 4.20.3"\n';

async function host() {
  const folder = temporaryFolder();
  const mirror = await startMirror();
  publish(mirror, '4.20.3', await archiveOf({ 'openshift-install': INSTALLER }));
  const env = { OCPCTL_DATA_DIR: folder, OCPCTL_INSTALLER_MIRROR: mirror.url };
  const run = (...argv: string[]) => runCli(['server', 'installers', ...argv], env);
  return { folder, env, run, cached: join(folder, 'installers', '4.20.3', 'openshift-install') };
}

describe('server installers', () => {
  it('fetches with its checksum proven, lists, verifies, and finds what was changed since: exit code 11', async () => {
    const { run, cached } = await host();
    const fetched = await run('fetch', '4.20.3', '-o', 'csv');
    expect(fetched.code, fetched.stderr).toBe(0);
    expect(fetched.stdout).toMatch(
      /^version,architecture,source,state,signature,fetched,file\n4\.20\.3,amd64,cache,ok,not-checked,/,
    );
    expect(fetched.stderr).toContain('downloading openshift-install 4.20.3: 100% of 1 MiB\n');

    const listed = await run('list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject({
      items: [{ version: '4.20.3', source: 'cache', file: cached, problem: null }],
      nextCursor: null,
    });
    expect(await run('verify', '4.20.3')).toMatchObject({ code: 0 });

    appendFileSync(cached, '# changed\n');
    const verified = await run('verify');
    expect(verified.code).toBe(11);
    expect(verified.stdout).toContain('the cached openshift-install 4.20.3 does not match its checksum');
    expect(verified.stderr).toContain('1 of 1 installers cannot be used');
  });

  it('asks configured programs who they are, whatever they are called', async () => {
    const { run, folder } = await host();
    const liar = join(folder, 'openshift-install-4.19.1');
    writeFileSync(liar, INSTALLER);
    chmodSync(liar, 0o755);
    const missing = join(folder, 'not-there');
    const { stdout } = await run('list', '--installer', liar, '--installer', missing, '--json');
    expect(JSON.parse(stdout).items).toMatchObject([
      { version: '4.20.3', source: 'configured', file: liar, problem: null },
      { version: null, source: 'configured', file: missing, problem: 'not found' },
    ]);
  });

  it('says what does not exist, and what to do: exit code 3', async () => {
    const { run } = await host();
    const unknown = await run('fetch', '4.20.99', '--json');
    expect(unknown).toMatchObject({ code: 3, stdout: '' });
    expect(JSON.parse(unknown.stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'INSTALLER_VERSION_UNKNOWN',
    });
    const absent = await run('verify', '4.20.3');
    expect(absent.code).toBe(3);
    expect(absent.stderr).toContain('Hint: download it: ocpctl server installers fetch 4.20.3');
  });
});
