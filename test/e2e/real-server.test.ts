import { describe, expect, test } from 'vitest';
import { writeInstaller, writePullSecret } from './installer-files.ts';
import { openPostgresSite, openSite } from './open-site.ts';
import type { Site } from './site.ts';

/** What a worker has that no one gave credentials: no variables, no files, no instance role. */
const NO_CREDENTIALS = { AWS_EC2_METADATA_DISABLED: 'true' };

const SETTINGS = { ...NO_CREDENTIALS, OCPCTL_INSTALLER_MIRROR: 'none' };

/** With a pull secret and an installer. */
function equipped(site: Site): Site {
  site.env['OCPCTL_PULL_SECRET_FILE'] ??= writePullSecret(site.folder);
  site.env['OCPCTL_INSTALLERS'] ??= writeInstaller(site.folder, '4.20.3');
  return site;
}

describe('a server without --sandbox', () => {
  test('G12: no credentials: the create fails at once, says why and what to do, and leaves nothing to clean', async () => {
    const site = equipped(openSite(SETTINGS));
    const server = await site.start({ mode: 'real' });
    const created = await site.cli('create', 'demo', '--profile', 'aws-minimal-test', '--wait', '--json');
    expect(created.code).toBe(10);
    expect(JSON.parse(created.stderr.split('\n').at(-2) ?? '').error).toMatchObject({
      code: 'CREDENTIALS_MISSING',
      message: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    });
    const client = site.client(server);
    const { data } = await client.GET('/v1/clusters', { params: { query: { name: 'demo' } } });
    expect(data?.items).toMatchObject([
      { status: 'FAILED', mode: 'real', infraId: null, lastOperation: { type: 'CREATE', status: 'FAILED' } },
    ]);
    // One attempt: waiting gives no one credentials.
    const jobs = await client.GET('/v1/jobs', {});
    expect(jobs.data?.items).toMatchObject([{ type: 'CREATE', attempt: 1 }]);

    // The name is free again, and a destroy has nothing to ask the cloud for.
    const destroyed = await site.cli('destroy', 'demo', '--yes', '--wait', '--json');
    expect(destroyed.code, destroyed.stderr).toBe(0);
    expect(server.log()).toContain('clusters are created in your cloud account and are billed');
    const { stdout } = await site.cli('whoami');
    expect(stdout).toMatch(/Mode +real: clusters/);
  });

  test('G2: a cluster of the sandbox is not looked for in AWS: its destroy fails, and nothing is touched', async () => {
    const site = equipped((await openPostgresSite(SETTINGS)).site);
    const sandbox = await site.start();
    const created = await site.cli('create', 'demo', '--profile', 'aws-minimal-test', '--wait');
    expect(created.code, created.stderr).toBe(0);
    const there = await site.cloud();
    await sandbox.stop();

    const real = await site.start({ mode: 'real' });
    const failed = await site.cli('destroy', 'demo', '--yes', '--wait', '--json');
    expect(failed.code).toBe(10);
    expect(JSON.parse(failed.stderr.split('\n').at(-2) ?? '').error).toMatchObject({
      code: 'CLOUD_NOT_CONNECTED',
      message: expect.stringContaining('with --sandbox'),
    });
    expect(await site.cloud()).toEqual(there);
    await real.stop();

    await site.start();
    const destroyed = await site.cli('destroy', 'demo', '--yes', '--wait');
    expect(destroyed.code, destroyed.stderr).toBe(0);
    expect(await site.cloud()).toEqual([]);
  });

  test('does not start on the embedded database, or without a pull secret, and says what would do', async () => {
    const site = equipped(openSite(SETTINGS));
    const embedded = await site.cli('server', '--listen', '127.0.0.1:0');
    expect(embedded.code).toBe(1);
    expect(embedded.stderr).toMatch(/^Error: without --sandbox real money .*\nHint: docker run .* postgres/m);
    const secret = await site.command(['server', '--embedded', '--listen', '127.0.0.1:0'], {
      OCPCTL_PULL_SECRET_FILE: '',
    }).finished;
    expect(secret.code).toBe(1);
    expect(secret.stderr).toContain('Hint: download it from https://console.redhat.com/');
  });
});
