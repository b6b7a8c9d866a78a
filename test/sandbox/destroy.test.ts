import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clearFaults } from '../../src/sandbox/faults.ts';
import { awsConfig, type Bench, ibmConfig, installLog, metadataOf, names, read } from './bench.ts';
import { useExecutable } from './executable.ts';

const openBench = useExecutable();

async function createCluster(bench: Bench, config = awsConfig()): Promise<string> {
  const dir = bench.installDir('one', config);
  expect(await bench.run(dir, 'create cluster')).toMatchObject({ code: 0 });
  return dir;
}

/** A directory that holds nothing but the metadata.json of another. */
function metadataOnly(bench: Bench, dir: string): string {
  const restored = bench.installDir('restored');
  copyFileSync(join(dir, 'metadata.json'), join(restored, 'metadata.json'));
  return restored;
}

test.each([
  ['AWS', awsConfig()],
  ['IBM Cloud', ibmConfig()],
  ['IBM Cloud, own group', ibmConfig({ resourceGroupName: 'team-a' })],
])('%s: create, destroy, and nothing is left in the cloud or of the secrets', async (_, config) => {
  const bench = openBench();
  const dir = await createCluster(bench, config);
  const { infraID } = metadataOf(dir);
  const { code, stderr } = await bench.run(dir, 'destroy cluster');
  expect(code).toBe(0);
  expect(stderr).toMatch(/Time elapsed: \d+s\nlevel=info msg=Uninstallation complete!\n$/);
  expect(await bench.cloud.hasResources(infraID)).toBe(false);
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
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.faults({ stage, kind, match: { command: 'create cluster' } });
  expect(await bench.run(dir, 'create cluster')).toMatchObject({ signal: 'SIGKILL' });
  const { infraID } = metadataOf(dir);
  expect(await bench.cloud.hasResources(infraID)).toBe(true);
  const restored = metadataOnly(bench, dir);
  expect(await bench.run(restored, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await bench.cloud.hasResources(infraID)).toBe(false);
  // Without a state file the installer does not know its local files.
  expect(names(restored)).toEqual(['.openshift_install.log', 'metadata.json']);
});

test('a destroy that was killed half-way can be run again', async () => {
  const bench = openBench();
  const dir = await createCluster(bench);
  const { infraID } = metadataOf(dir);
  await bench.faults({ stage: 'destroy-half', kind: 'crash', times: 1 });
  expect(await bench.run(dir, 'destroy cluster')).toMatchObject({ signal: 'SIGKILL' });
  expect(await bench.cloud.hasResources(infraID)).toBe(true);
  expect(await bench.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await bench.cloud.hasResources(infraID)).toBe(false);
});

test('AWS: finding nothing is a success', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.run(dir, 'create ignition-configs');
  expect(await bench.run(metadataOnly(bench, dir), 'destroy cluster')).toMatchObject({ code: 0 });
});

test('IBM Cloud: a second destroy fails because the resource group is gone', async () => {
  const bench = openBench();
  const dir = await createCluster(bench, ibmConfig());
  const { infraID } = metadataOf(dir);
  const restored = metadataOnly(bench, dir);
  expect(await bench.run(restored, 'destroy cluster')).toMatchObject({ code: 0 });
  const { code, stderr } = await bench.run(restored, 'destroy cluster');
  expect(code).toBe(1);
  expect(stderr).toContain(
    `level=fatal msg=failed to destroy cluster: ResourceGroup '"${infraID}"' not found`,
  );
});

test('without metadata.json nothing can be destroyed', async () => {
  const bench = openBench();
  const { code, stderr } = await bench.run(bench.installDir('one'), 'destroy cluster');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /failed while preparing to destroy cluster: open \S+metadata\.json: no such file or directory/,
  );
});

test('destroy touches no other cluster', async () => {
  const bench = openBench();
  const dir = await createCluster(bench);
  const other = bench.installDir('two', awsConfig({ name: 'demo', clusterId: 'clu_two' }));
  await bench.run(other, 'create cluster');
  const before = await bench.cloud.list({ infraId: metadataOf(other).infraID });
  await bench.run(dir, 'destroy cluster');
  expect(await bench.resources()).toEqual(before);
});

test('an undeletable VPC: destroy goes on until it is ended, with one warning', async () => {
  const bench = openBench();
  const dir = await createCluster(bench);
  const { infraID } = metadataOf(dir);
  await bench.faults({ stage: 'destroy', kind: 'undeletable' });
  const { child, finished, said } = bench.start(dir, 'destroy cluster');
  await said('level=warning msg=DependencyViolation');
  await said('level=debug msg=DependencyViolation');
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 8 });
  expect((await bench.cloud.list({ infraId: infraID })).map(({ type }) => type)).toEqual(['ec2:vpc']);
  expect(existsSync(join(dir, 'metadata.json'))).toBe(true);
});

test('G2: a leak: exit 0, and volumes that only a read-back finds', async () => {
  const bench = openBench();
  const dir = await createCluster(bench);
  const { infraID } = metadataOf(dir);
  await bench.faults({ stage: 'destroy', kind: 'leak', times: 1 });
  const restored = metadataOnly(bench, dir);
  expect(await bench.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(new Set((await bench.cloud.list({ infraId: infraID })).map(({ type }) => type))).toEqual(
    new Set(['ec2:volume']),
  );
  expect(await bench.run(restored, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await bench.cloud.hasResources(infraID)).toBe(false);
});

test('G2: a private zone that was lost takes the way to the public records with it', async () => {
  const bench = openBench();
  const dir = await createCluster(bench);
  await bench.faults({ stage: 'destroy', kind: 'lose-zone' });
  expect(await bench.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect((await bench.resources()).map(({ name }) => name).sort()).toEqual([
    '\\052.apps.demo.labs.example.com',
    'api.demo.labs.example.com',
  ]);
});

test('G2: what was made without tags is not found by a destroy', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.faults({ stage: 'pre-provision', kind: 'untagged' });
  expect(await bench.run(dir, 'create cluster')).toMatchObject({ code: 0 });
  expect(await bench.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect((await bench.resources()).map(({ type }) => type)).toEqual(['iam:role', 'iam:role']);
});

test('the wrong account: nothing is found, exit 0, metadata.json is gone, the cluster is not', async () => {
  const bench = openBench();
  const dir = await createCluster(bench);
  const before = await bench.resources();
  await bench.faults({ stage: 'destroy', kind: 'blind' });
  expect(await bench.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(existsSync(join(dir, 'metadata.json'))).toBe(false);
  expect(await bench.resources()).toEqual(before);
});

test('late resources: a destroy right after a create misses them and says success', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.faults({ stage: 'initialize', kind: 'late', seconds: 600 });
  await bench.run(dir, 'create cluster');
  const { infraID } = metadataOf(dir);
  expect(await bench.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await bench.resources()).toEqual([]);
  expect(await bench.cloud.hasResources(infraID)).toBe(true);
});

test('metadata.json without the infraID leaves the instance profiles', async () => {
  const bench = openBench();
  const dir = await createCluster(bench);
  const { infraID } = metadataOf(dir);
  const restored = bench.installDir('restored');
  const identifier = [{ [`kubernetes.io/cluster/${infraID}`]: 'owned' }];
  writeFileSync(
    join(restored, 'metadata.json'),
    JSON.stringify({ aws: { region: 'us-east-2', identifier } }),
  );
  expect(await bench.run(restored, 'destroy cluster')).toMatchObject({ code: 0 });
  const left = await bench.cloud.list({ infraId: infraID });
  expect(left.map(({ name }) => name).sort()).toEqual([
    `${infraID}-master-profile`,
    `${infraID}-worker-profile`,
  ]);
});

test('throttled listings delay a destroy, no more', async () => {
  const bench = openBench();
  const dir = await createCluster(bench);
  await bench.faults({
    stage: 'listing',
    kind: 'throttled',
    times: 3,
    match: { command: 'destroy cluster' },
  });
  const { infraID } = metadataOf(dir);
  expect(await bench.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(installLog(dir)).toContain('ThrottlingException: Rate exceeded');
  expect(await bench.cloud.hasResources(infraID)).toBe(false);
});

test('destroy bootstrap and wait-for finish a create that failed to remove its bootstrap machine', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.faults({ stage: 'bootstrap-destroy', kind: 'fail', times: 1 });
  expect(await bench.run(dir, 'create cluster')).toMatchObject({ code: 1 });
  await clearFaults(bench.cloudDir);
  const has = async (part: string) => (await bench.resources()).some(({ name }) => name.includes(part));
  expect(await has('bootstrap')).toBe(true);
  expect(await bench.run(dir, 'wait-for bootstrap-complete')).toMatchObject({ code: 0 });
  expect(await bench.run(dir, 'destroy bootstrap')).toMatchObject({ code: 0 });
  expect(await has('bootstrap')).toBe(false);
  expect(await bench.run(dir, 'wait-for install-complete')).toMatchObject({ code: 0 });
  expect(await has('worker-us-east-2a')).toBe(true);
  expect(read(dir, 'auth/kubeconfig')).toContain('https://api.demo.labs.example.com:6443');
});
