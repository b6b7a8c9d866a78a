import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ENGINES, openSiteWith } from './open-site.ts';

describe.each(ENGINES)('a cluster from create to destroyed on %s', (engine) => {
  test('as a user does it: create, outputs, extend, destroy; G2: DESTROYED with an empty cloud', async () => {
    const site = await openSiteWith(engine);
    await site.start();

    const created = await site.cli(
      'create',
      'demo',
      '--profile',
      'aws-minimal-test',
      '--ttl',
      '8h',
      '--wait',
      '--json',
    );
    expect(created.stderr).not.toContain('Error');
    expect(created.code).toBe(0);
    const { cluster } = JSON.parse(created.stdout);
    expect(cluster).toMatchObject({ name: 'demo', status: 'READY', ttlHours: 8, mode: 'sandbox' });
    const resources = await site.cloud();
    expect(resources.length).toBeGreaterThan(20);
    expect(new Set(resources.map(({ infraId }) => infraId))).toEqual(new Set([cluster.infraId]));
    expect(new Set(resources.map(({ tags }) => tags['ClusterId']).filter(Boolean))).toEqual(
      new Set([cluster.id]),
    );

    const kubeconfig = join(site.folder, 'kc');
    expect(await site.cli('outputs', 'demo', '--kubeconfig', kubeconfig)).toMatchObject({ code: 0 });
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    expect(readFileSync(kubeconfig, 'utf8')).toContain('https://api.demo.labs.example.com:6443');

    const extended = await site.cli('extend', 'demo', '--by', '2h', '--json');
    expect(extended.code).toBe(0);
    const got = await site.cli('get', 'demo', '--json');
    const after = JSON.parse(got.stdout);
    expect(Date.parse(after.destroyAt) - Date.parse(cluster.destroyAt)).toBe(2 * 3_600_000);

    const destroyed = await site.cli('destroy', 'demo', '--yes', '--wait', '--json');
    expect(destroyed.code).toBe(0);
    expect(JSON.parse((await site.cli('get', cluster.id, '--json')).stdout)).toMatchObject({
      status: 'DESTROYED',
    });
    expect(await site.cloud()).toEqual([]);
    expect(site.overlaps()).toEqual([]);
    expect(site.installers()).toEqual([]);
  });
});
