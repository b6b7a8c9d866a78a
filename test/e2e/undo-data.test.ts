import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openPostgresSite } from './open-site.ts';
import { createCluster, destroyCluster, getJob, type Site, untilStatus } from './site.ts';

const PROFILE = 'aws-minimal-test';
const SHIPPED = fileURLToPath(new URL(`../../profiles/${PROFILE}.yaml`, import.meta.url));

/** What the artifact store holds, as names. */
const artifacts = ({ dataDir }: Site): string[] =>
  readdirSync(join(dataDir, 'artifacts'), { recursive: true, encoding: 'utf8' }).sort();

test('L12: G4: when the last attempt of a destroy has failed, all that another one needs is still there; and after it, too', async () => {
  const { site } = await openPostgresSite();
  const client = site.client(await site.start());
  const { cluster } = await createCluster(client, { name: 'stubborn', profile: PROFILE });
  await untilStatus(client, cluster.id, 'READY');
  const stored = artifacts(site);
  await site.setFaults({ stage: 'destroy-half', kind: 'fail', failure: 'DestroyFailed' });
  const { job } = await destroyCluster(client, cluster.id);
  await untilStatus(client, cluster.id, 'DESTROY_FAILED', 'DESTROYED');
  expect(await getJob(client, job?.id ?? '')).toMatchObject({ status: 'FAILED', attempt: 3 });
  expect(artifacts(site)).toEqual(expect.arrayContaining(stored));

  await site.setFaults();
  const again = await site.cli('destroy', 'stubborn', '--yes', '--wait');
  expect(again).toMatchObject({ code: 0 });
  expect((await site.cli('logs', again.stdout.match(/job_\w+/)?.[0] ?? 'stubborn')).stdout).toContain(
    'restored from the newest snapshot',
  );
  expect(await site.cloud()).toEqual([]);
  expect(artifacts(site)).toEqual(expect.arrayContaining(stored));
});

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
