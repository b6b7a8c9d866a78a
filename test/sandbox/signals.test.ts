import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listRunningInstallers } from '../../src/sandbox/cloud/installer-registry.ts';
import { isRunning } from '../../src/sandbox/runtime/process-identity.ts';
import type { WatchedChild } from '../setup/watch-child.ts';
import {
  awsConfig,
  type InstallerFixture,
  installLog,
  metadataOf,
  openInstallerFixture,
} from './installer-fixture.ts';
import { readOverlaps } from './read-overlaps.ts';

/** Logged while the network is created, before the installer hangs. */
const HALF_WAY = 'Created ec2:natgateway';

async function hangHalfWay(fixture: InstallerFixture, dir: string): Promise<WatchedChild> {
  await fixture.faults({
    stage: 'machines',
    kind: 'hang',
    match: { command: 'create cluster', clusterName: 'demo' },
  });
  const started = fixture.start(dir, 'create cluster');
  await started.stderrHas(HALF_WAY);
  await started.stderrHas('for machines [');
  return started;
}

function descendants(fixture: InstallerFixture) {
  return listRunningInstallers(fixture.cloudDir).flatMap(({ children }) => children);
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: a warning, the local control plane ends, exit 8, the cloud stays',
  async (signal) => {
    const fixture = openInstallerFixture();
    const dir = fixture.installDir('one', awsConfig());
    const { child, finished } = await hangHalfWay(fixture, dir);
    const children = descendants(fixture);
    expect(children.map(({ name }) => name)).toEqual([
      'etcd',
      'kube-apiserver',
      'cluster-api',
      'cluster-api-provider-aws',
    ]);
    child.kill(signal);
    expect(await finished).toMatchObject({ code: 8, signal: null });
    expect(installLog(dir)).toContain('level=warning msg="Received interrupt signal"');
    expect(children.filter(isRunning)).toEqual([]);
    expect(existsSync(join(dir, 'cluster-api'))).toBe(false);
    expect(existsSync(join(dir, 'metadata.json'))).toBe(true);
    expect(await fixture.cloud.hasResources(metadataOf(dir).infraID)).toBe(true);
  },
);

test('the second signal ends it at once: exit 1', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage: 'start', kind: 'stubborn-children' }, { stage: 'machines', kind: 'hang' });
  const { child, finished, stderrHas } = fixture.start(dir, 'create cluster', {
    OCPCTL_SANDBOX_SPEED: '0.5',
  });
  await stderrHas('Started local control plane with envtest');
  child.kill('SIGTERM');
  await stderrHas('Received interrupt signal');
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 1 });
});

test('an interrupted create may lose the race and exit 4', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage: 'start', kind: 'interrupt-race' }, { stage: 'machines', kind: 'hang' });
  const { child, finished, stderrHas } = fixture.start(dir, 'create cluster');
  await stderrHas('for machines [');
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 4 });
  expect(installLog(dir)).toContain('Received interrupt signal');
});

test('SIGQUIT: exit 2, as a Go program', async () => {
  const fixture = openInstallerFixture();
  const { child, finished } = await hangHalfWay(fixture, fixture.installDir('one', awsConfig()));
  child.kill('SIGQUIT');
  expect(await finished).toMatchObject({ code: 2 });
});

test('G7: a killed installer leaves its descendants, each in a process group of its own', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  const { child, finished } = await hangHalfWay(fixture, dir);
  const children = descendants(fixture);
  // Each is the leader of its own process group, so a kill of the group of the installer does not reach it.
  for (const { pid } of children) expect(() => process.kill(-pid, 0)).not.toThrow();
  child.kill('SIGKILL');
  expect(await finished).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(children.filter(isRunning)).toHaveLength(4);
  expect(existsSync(join(dir, 'cluster-api'))).toBe(true);
});

test('descendants that ignore SIGTERM outlive an interrupted installer', async () => {
  const fixture = openInstallerFixture();
  await fixture.faults({ stage: 'start', kind: 'stubborn-children' }, { stage: 'machines', kind: 'hang' });
  const { child, finished, stderrHas } = fixture.start(
    fixture.installDir('one', awsConfig()),
    'create cluster',
  );
  await stderrHas('for machines [');
  const children = descendants(fixture);
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 8 });
  expect(children.filter(isRunning)).toHaveLength(4);
});

test('an installer that ignores signals goes on', async () => {
  const fixture = openInstallerFixture();
  await fixture.faults(
    { stage: 'start', kind: 'ignore-signals' },
    { stage: 'api', kind: 'slow', seconds: 0.2 },
  );
  const { child, finished, stderrHas } = fixture.start(
    fixture.installDir('one', awsConfig()),
    'create cluster',
  );
  await stderrHas('for the Kubernetes API');
  child.kill('SIGTERM');
  child.kill('SIGINT');
  expect(await finished).toMatchObject({ code: 0 });
});

test('a stderr that no one reads ends it', async () => {
  const fixture = openInstallerFixture();
  await fixture.faults({ stage: 'machines', kind: 'slow', seconds: 0.1 });
  const { child, finished, stderrHas } = fixture.start(
    fixture.installDir('one', awsConfig()),
    'create cluster',
  );
  await stderrHas(HALF_WAY);
  child.stderr?.destroy();
  expect(await finished).toMatchObject({ code: 141 });
});

test('G1: what a killed create leaves is found by its tags, and by the ClusterId', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig({ clusterId: 'clu_killed' }));
  const { child, finished } = await hangHalfWay(fixture, dir);
  child.kill('SIGKILL');
  await finished;
  const { infraID, clusterID } = metadataOf(dir);
  const byOwner = await fixture.cloud.findByTags({ tags: { [`kubernetes.io/cluster/${infraID}`]: 'owned' } });
  expect(byOwner.length).toBeGreaterThan(25);
  expect(await fixture.cloud.findByTags({ tags: { openshiftClusterID: clusterID } })).toEqual(byOwner);
  expect(await fixture.cloud.findByTags({ tags: { ClusterId: 'clu_killed' } })).toEqual(byOwner);
  const all = await fixture.cloud.list({ infraId: infraID });
  expect(all.filter(({ type }) => type !== 'route53:recordset')).toEqual(byOwner);
});

test('G6: two installers on one cluster are recorded, whatever their directories', async () => {
  const fixture = openInstallerFixture();
  const first = await hangHalfWay(fixture, fixture.installDir('one', awsConfig()));
  expect(
    await fixture.run(fixture.installDir('two', awsConfig({ name: 'renamed' })), 'create cluster'),
  ).toMatchObject({ code: 0 });
  expect(readOverlaps(fixture.cloudDir)).toMatchObject([
    {
      kind: 'installer',
      installer: { clusterId: 'clu_one' },
      other: { clusterId: 'clu_one', pid: first.child.pid },
    },
  ]);
});

test('G6: descendants that outlived their installer are recorded too', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  const { child, finished } = await hangHalfWay(fixture, dir);
  child.kill('SIGKILL');
  await finished;
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(readOverlaps(fixture.cloudDir)).toMatchObject([
    { kind: 'descendants', installer: { command: 'destroy cluster' } },
  ]);
});

test('one after the other, or on different clusters, is not an overlap', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await Promise.all([
    fixture.start(dir, 'create cluster').finished,
    fixture.run(
      fixture.installDir('two', awsConfig({ name: 'other', clusterId: 'clu_two' })),
      'create cluster',
    ),
  ]);
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(readOverlaps(fixture.cloudDir)).toEqual([]);
  expect(listRunningInstallers(fixture.cloudDir)).toEqual([]);
});
