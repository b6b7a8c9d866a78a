import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clearFaults } from '../../src/sandbox/faults/faults.ts';
import {
  awsConfig,
  type InstallerFixture,
  ibmConfig,
  installLog,
  metadataOf,
  names,
  openInstallerFixture,
  read,
} from './installer-fixture.ts';

async function createCluster(fixture: InstallerFixture, config = awsConfig()): Promise<string> {
  const dir = fixture.installDir('one', config);
  expect(await fixture.run(dir, 'create cluster')).toMatchObject({ code: 0 });
  return dir;
}

/** A new directory with only the metadata.json of another. */
function metadataOnly(fixture: InstallerFixture, dir: string): string {
  const restored = fixture.installDir('restored');
  copyFileSync(join(dir, 'metadata.json'), join(restored, 'metadata.json'));
  return restored;
}

test.each([
  ['AWS', awsConfig()],
  ['IBM Cloud', ibmConfig()],
  ['IBM Cloud, own group', ibmConfig({ resourceGroupName: 'team-a' })],
])('%s: create, destroy, and nothing is left in the cloud or of the secrets', async (_, config) => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture, config);
  const { infraID } = metadataOf(dir);
  const { code, stderr } = await fixture.run(dir, 'destroy cluster');
  expect(code).toBe(0);
  expect(stderr).toMatch(/Time elapsed: \d+s\nlevel=info msg=Uninstallation complete!\n$/);
  expect(await fixture.cloud.hasResources(infraID)).toBe(false);
  expect(names(dir)).toEqual(['.openshift_install.log', 'auth', 'tls']);
  expect([...names(join(dir, 'auth')), ...names(join(dir, 'tls'))]).toEqual([]);
});

test.each([
  ['iam', 'crash'],
  ['infrastructure', 'crash'],
  ['dns', 'crash'],
  ['machines', 'crash'],
  ['bootstrap', 'crash'],
  ['initialize', 'crash'],
] as const)('G2: killed at %s, metadata.json alone is enough to empty the cloud', async (stage, kind) => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage, kind, match: { command: 'create cluster' } });
  expect(await fixture.start(dir, 'create cluster').finished).toMatchObject({ signal: 'SIGKILL' });
  const { infraID } = metadataOf(dir);
  expect(await fixture.cloud.hasResources(infraID)).toBe(true);
  const restored = metadataOnly(fixture, dir);
  expect(await fixture.run(restored, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await fixture.cloud.hasResources(infraID)).toBe(false);
  // Without a state file the installer does not know its local files.
  expect(names(restored)).toEqual(['.openshift_install.log', 'metadata.json']);
});

test('a destroy that was killed half-way can be run again', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture);
  const { infraID } = metadataOf(dir);
  await fixture.faults({ stage: 'destroy-half', kind: 'crash', times: 1 });
  expect(await fixture.start(dir, 'destroy cluster').finished).toMatchObject({ signal: 'SIGKILL' });
  expect(await fixture.cloud.hasResources(infraID)).toBe(true);
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await fixture.cloud.hasResources(infraID)).toBe(false);
});

test('AWS: finding nothing is a success', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.run(dir, 'create ignition-configs');
  expect(await fixture.run(metadataOnly(fixture, dir), 'destroy cluster')).toMatchObject({ code: 0 });
});

test('IBM Cloud: a second destroy fails because the resource group is gone', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture, ibmConfig());
  const { infraID } = metadataOf(dir);
  const restored = metadataOnly(fixture, dir);
  expect(await fixture.run(restored, 'destroy cluster')).toMatchObject({ code: 0 });
  const { code, stderr } = await fixture.run(restored, 'destroy cluster');
  expect(code).toBe(1);
  expect(stderr).toContain(
    `level=fatal msg=failed to destroy cluster: ResourceGroup '"${infraID}"' not found`,
  );
});

test('without metadata.json nothing can be destroyed', async () => {
  const fixture = openInstallerFixture();
  const { code, stderr } = await fixture.run(fixture.installDir('one'), 'destroy cluster');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /failed while preparing to destroy cluster: open \S+metadata\.json: no such file or directory/,
  );
});

test('destroy touches no other cluster', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture);
  const other = fixture.installDir('two', awsConfig({ name: 'demo', clusterId: 'clu_two' }));
  await fixture.run(other, 'create cluster');
  const before = await fixture.cloud.list({ infraId: metadataOf(other).infraID });
  await fixture.run(dir, 'destroy cluster');
  expect(await fixture.resources()).toEqual(before);
});

test('an undeletable VPC: destroy goes on until it is ended, with one warning', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture);
  const { infraID } = metadataOf(dir);
  await fixture.faults({ stage: 'destroy', kind: 'undeletable' });
  const { child, finished, stderrHas } = fixture.start(dir, 'destroy cluster');
  await stderrHas('level=warning msg=DependencyViolation');
  await stderrHas('level=debug msg=DependencyViolation');
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 8 });
  expect((await fixture.cloud.list({ infraId: infraID })).map(({ type }) => type)).toEqual(['ec2:vpc']);
  expect(existsSync(join(dir, 'metadata.json'))).toBe(true);
});

test('G2: a leak: exit 0, and volumes that only a read-back finds', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture);
  const { infraID } = metadataOf(dir);
  await fixture.faults({ stage: 'destroy', kind: 'leak', times: 1 });
  const restored = metadataOnly(fixture, dir);
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(new Set((await fixture.cloud.list({ infraId: infraID })).map(({ type }) => type))).toEqual(
    new Set(['ec2:volume']),
  );
  expect(await fixture.run(restored, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await fixture.cloud.hasResources(infraID)).toBe(false);
});

test('G2: a private zone that was lost takes the way to the public records with it', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture);
  await fixture.faults({ stage: 'destroy', kind: 'lose-zone' });
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect((await fixture.resources()).map(({ name }) => name).sort()).toEqual([
    '\\052.apps.demo.labs.example.com',
    'api.demo.labs.example.com',
  ]);
});

test('G2: what was made without tags is not found by a destroy', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage: 'pre-provision', kind: 'untagged' });
  expect(await fixture.run(dir, 'create cluster')).toMatchObject({ code: 0 });
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect((await fixture.resources()).map(({ type }) => type)).toEqual(['iam:role', 'iam:role']);
});

test('the wrong account: nothing is found, exit 0, metadata.json is gone, the cluster is not', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture);
  const before = await fixture.resources();
  await fixture.faults({ stage: 'destroy', kind: 'blind' });
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(existsSync(join(dir, 'metadata.json'))).toBe(false);
  expect(await fixture.resources()).toEqual(before);
});

test('late resources: a destroy right after a create misses them and says success', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage: 'initialize', kind: 'late', seconds: 600 });
  await fixture.run(dir, 'create cluster');
  const { infraID } = metadataOf(dir);
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await fixture.resources()).toEqual([]);
  expect(await fixture.cloud.hasResources(infraID)).toBe(true);
});

test('metadata.json without the infraID leaves the instance profiles', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture);
  const { infraID } = metadataOf(dir);
  const restored = fixture.installDir('restored');
  const identifier = [{ [`kubernetes.io/cluster/${infraID}`]: 'owned' }];
  writeFileSync(
    join(restored, 'metadata.json'),
    JSON.stringify({ aws: { region: 'us-east-2', identifier } }),
  );
  expect(await fixture.run(restored, 'destroy cluster')).toMatchObject({ code: 0 });
  const left = await fixture.cloud.list({ infraId: infraID });
  expect(left.map(({ name }) => name).sort()).toEqual([
    `${infraID}-master-profile`,
    `${infraID}-worker-profile`,
  ]);
});

test('throttled listings delay a destroy, no more', async () => {
  const fixture = openInstallerFixture();
  const dir = await createCluster(fixture);
  await fixture.faults({
    stage: 'listing',
    kind: 'throttled',
    times: 3,
    match: { command: 'destroy cluster' },
  });
  const { infraID } = metadataOf(dir);
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(installLog(dir)).toContain('ThrottlingException: Rate exceeded');
  expect(await fixture.cloud.hasResources(infraID)).toBe(false);
});

test('destroy bootstrap and wait-for finish a create that failed to remove its bootstrap machine', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage: 'bootstrap-destroy', kind: 'fail', times: 1 });
  expect(await fixture.run(dir, 'create cluster')).toMatchObject({ code: 1 });
  await clearFaults(fixture.cloudDir);
  const has = async (part: string) => (await fixture.resources()).some(({ name }) => name.includes(part));
  expect(await has('bootstrap')).toBe(true);
  expect(await fixture.run(dir, 'wait-for bootstrap-complete')).toMatchObject({ code: 0 });
  expect(await fixture.run(dir, 'destroy bootstrap')).toMatchObject({ code: 0 });
  expect(await has('bootstrap')).toBe(false);
  expect(await fixture.run(dir, 'wait-for install-complete')).toMatchObject({ code: 0 });
  expect(await has('worker-us-east-2a')).toBe(true);
  expect(read(dir, 'auth/kubeconfig')).toContain('https://api.demo.labs.example.com:6443');
});
