import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createCluster, destroyCluster, untilStatus } from './clusters.ts';
import { openPostgresSite } from './open-site.ts';

const PROFILE = 'aws-minimal-test';
const SHIPPED = fileURLToPath(new URL(`../../profiles/${PROFILE}.yaml`, import.meta.url));

test('L5: G2: a destroy that goes on for ever is ended at its limit, and says by name what kept it', async () => {
  const { site } = await openPostgresSite({ OCPCTL_DESTROY_TIMEOUT_MS: '4000' });
  const client = site.client(await site.start());
  const { cluster } = await createCluster(client, { name: 'endless', profile: PROFILE });
  await untilStatus(client, cluster.id, 'READY');
  await site.setFaults({ stage: 'destroy', kind: 'undeletable' });
  await destroyCluster(client, cluster.id);
  const failed = await untilStatus(client, cluster.id, 'DESTROY_FAILED', 'DESTROYED');
  const left = await site.cloud();
  expect(left.map(({ type }) => type)).toContain('ec2:vpc');
  expect(failed.lastOperation?.error).toMatchObject({ code: 'RESIDUE' });
  expect(failed.lastOperation?.error?.message).toContain('the uninstall timed out');
  const shown = await site.cli('get', 'endless');
  for (const { id } of left) expect(shown.stdout).toContain(id);
  expect(site.installers()).toEqual([]);

  await site.setFaults();
  expect(await site.cli('destroy', 'endless', '--yes', '--wait')).toMatchObject({ code: 0 });
  expect(await site.cloud()).toEqual([]);
});

test('L15: a cluster can be destroyed when its profile is gone and no profile allows its version any more', async () => {
  const { site } = await openPostgresSite();
  const profiles = join(site.folder, 'profiles');
  mkdirSync(profiles);
  const text = readFileSync(SHIPPED, 'utf8');
  const old = text.replace(`name: ${PROFILE}`, 'name: aws-last-year').replaceAll('4.20.3', '4.19.7');
  writeFileSync(join(profiles, 'aws-last-year.yaml'), old);
  const args = ['--profiles', profiles];
  const before = await site.start({ args });
  const { cluster } = await createCluster(site.client(before), { name: 'dated', profile: 'aws-last-year' });
  expect(await untilStatus(site.client(before), cluster.id, 'READY')).toMatchObject({ version: '4.19.7' });
  await before.stop();

  rmSync(join(profiles, 'aws-last-year.yaml'));
  const client = site.client(await site.start({ args }));
  expect((await site.cli('profiles', 'list')).stdout).not.toContain('4.19.7');
  await destroyCluster(client, cluster.id);
  await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
  expect(await site.cloud()).toEqual([]);
});
