import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import type { FaultInput } from '../../src/sandbox/faults/faults.ts';
import { awsConfig, installLog, metadataOf, names, openInstallerFixture } from './installer-fixture.ts';

test.each<[FaultInput['stage'], number, string, 'nothing' | 'something']>([
  ['start', 1, 'RequestLimitExceeded', 'nothing'],
  ['config', 3, 'failed to create install config', 'nothing'],
  ['metadata', 1, 'failed to fetch Cluster', 'nothing'],
  ['preflight', 1, 'error(MissingQuota)', 'nothing'],
  ['pre-provision', 1, 'failed to generate asset "Cluster": operation error', 'nothing'],
  ['iam', 4, 'failed to create cluster: failed during pre-provisioning', 'something'],
  ['infrastructure', 4, 'infrastructure was not ready within 15m0s', 'something'],
  ['dns', 4, 'failed to create records for api in public zone', 'something'],
  ['machines', 4, 'failed to provision control-plane machines within 15m0s', 'something'],
  ['api', 5, 'Failed waiting for Kubernetes API', 'something'],
  ['bootstrap', 5, 'Failed to wait for bootstrapping to complete', 'something'],
  ['bootstrap-destroy', 1, 'error destroying bootstrap resources', 'something'],
  ['initialize', 6, 'failed to initialize the cluster', 'something'],
  ['stability', 7, 'These cluster operators were not stable: [kube-apiserver, network]', 'something'],
  ['finish', 1, 'RequestLimitExceeded', 'something'],
])('a failure at %s: exit %i, "%s", %s in the cloud', async (stage, exitCode, text, left) => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage, kind: 'fail', match: { command: 'create cluster', clusterName: 'demo' } });
  const { code, stderr } = await fixture.run(dir, 'create cluster');
  expect(code).toBe(exitCode);
  expect(stderr).toContain(text);
  expect((await fixture.resources()).length > 0 ? 'something' : 'nothing').toBe(left);
});

test.each([
  ['manifests', 'create manifests', 1],
  ['ignition', 'create ignition-configs', 1],
] as const)('a failure at %s writes no file and consumes none', async (stage, command, exitCode) => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage, kind: 'fail' });
  expect(await fixture.run(dir, command)).toMatchObject({ code: exitCode });
  expect(names(dir)).toEqual(['.openshift_install.log', 'install-config.yaml']);
});

test('capacity once: exit 4 with the condition of the machine, then a fresh attempt succeeds', async () => {
  const fixture = openInstallerFixture();
  await fixture.faults({
    stage: 'machines',
    kind: 'fail',
    failure: 'InsufficientInstanceCapacity',
    match: { attempt: 1 },
  });
  const first = fixture.installDir('one', awsConfig());
  expect(await fixture.run(first, 'create cluster')).toMatchObject({ code: 4 });
  expect(installLog(first)).toMatch(
    /level=warning msg="Condition InstanceReady has status: \\"False\\", .*api error InsufficientInstanceCapacity: /,
  );
  expect(await fixture.run(first, 'destroy cluster')).toMatchObject({ code: 0 });
  const second = fixture.installDir('two', awsConfig());
  expect(await fixture.run(second, 'create cluster')).toMatchObject({ code: 0 });
  expect(await fixture.cloud.hasResources(metadataOf(second).infraID)).toBe(true);
});

test('any exit code can be forced', async () => {
  const fixture = openInstallerFixture();
  await fixture.faults({ stage: 'machines', kind: 'fail', exitCode: 42 });
  expect(await fixture.run(fixture.installDir('one', awsConfig()), 'create cluster')).toMatchObject({
    code: 42,
  });
});

test.each(['initialize', 'stability'] as const)(
  'after a failure at %s, wait-for install-complete finishes',
  async (stage) => {
    const fixture = openInstallerFixture();
    const dir = fixture.installDir('one', awsConfig());
    await fixture.faults({ stage, kind: 'fail', times: 1 });
    const { code } = await fixture.run(dir, 'create cluster');
    expect(code).toBe(stage === 'initialize' ? 6 : 7);
    expect(await fixture.run(dir, 'wait-for install-complete')).toMatchObject({ code: 0 });
    const types = (await fixture.resources()).map(({ type }) => type);
    expect(types.filter((type) => type === 'ec2:instance')).toHaveLength(5);
  },
);

test('wait-for without a control plane fails: exit 5 and exit 6', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.run(dir, 'create ignition-configs');
  const bootstrap = await fixture.run(dir, 'wait-for bootstrap-complete');
  expect(bootstrap).toMatchObject({ code: 5 });
  expect(bootstrap.stderr).toContain('openshift-install gather bootstrap --help');
  expect(await fixture.run(dir, 'wait-for install-complete')).toMatchObject({ code: 6 });
  rmSync(join(dir, 'auth/kubeconfig'));
  expect(await fixture.run(dir, 'wait-for install-complete')).toMatchObject({ code: 1 });
});

test('a failed bootstrap leaves a log bundle, and gather makes another', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage: 'bootstrap', kind: 'fail' });
  await fixture.run(dir, 'create cluster');
  const bundles = names(dir).filter((name) => /^log-bundle-\d{14}\.tar\.gz$/.test(name));
  expect(bundles).toHaveLength(1);
  expect(await entriesOf(join(dir, bundles[0] ?? ''))).toContainEqual(
    expect.stringMatching(/^log-bundle-\d{14}\/bootstrap\/journals\/bootkube\.log$/),
  );
  expect(await fixture.run(dir, 'gather bootstrap')).toMatchObject({ code: 0 });
  rmSync(join(dir, '.openshift_install_state.json'));
  expect(await fixture.run(dir, 'gather bootstrap')).toMatchObject({ code: 1 });
});

test('noise: garbage, klog lines and a line of 1 MB do not keep an install from its end', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults(
    { stage: 'infrastructure', kind: 'garbage' },
    { stage: 'machines', kind: 'klog' },
    { stage: 'bootstrap', kind: 'huge-line' },
  );
  const { code, stderr } = await fixture.run(dir, 'create cluster');
  expect(code).toBe(0);
  const log = installLog(dir);
  for (const text of [log, stderr]) {
    expect(text).toContain('\nI0812 14:37:46.543646 1434068 warning_handler.go:65] ');
    expect(text).toContain('level=info msg="unfinished\n\u0000');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeGreaterThan(1024 * 1024);
  }
  expect(log).toContain('Install complete!');
});

test('a hang ends with a signal only', async () => {
  const fixture = openInstallerFixture();
  await fixture.faults({ stage: 'bootstrap', kind: 'hang' });
  const { child, finished, stderrHas } = fixture.start(
    fixture.installDir('one', awsConfig()),
    'create cluster',
  );
  await stderrHas('for bootstrapping to complete...');
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect(await finished).toMatchObject({ code: 8 });
});

test('a lost state file: the next create makes a NEW infraID, and the first cluster is orphaned', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults(
    { stage: 'infrastructure', kind: 'lose-state', times: 1 },
    { stage: 'machines', kind: 'crash', times: 1 },
  );
  await fixture.start(dir, 'create cluster').finished;
  const first = metadataOf(dir).infraID;
  expect(names(dir)).not.toContain('.openshift_install_state.json');
  rmSync(join(dir, '.clusterapi_output'), { recursive: true });
  fixture.installDir('one', awsConfig());
  expect(await fixture.run(dir, 'create cluster')).toMatchObject({ code: 0 });
  const second = metadataOf(dir).infraID;
  expect(second).not.toBe(first);
  await fixture.run(dir, 'destroy cluster');
  expect(await fixture.cloud.hasResources(second)).toBe(false);
  expect(await fixture.cloud.hasResources(first)).toBe(true);
});

test('a slow disk makes every file take its time', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage: 'start', kind: 'slow-disk', seconds: 0.01 });
  const started = performance.now();
  expect(await fixture.run(dir, 'create manifests')).toMatchObject({ code: 0 });
  // At least 20 files with a delay of 10 ms each.
  expect(performance.now() - started).toBeGreaterThan(200);
});

async function entriesOf(file: string): Promise<string[]> {
  const entries: string[] = [];
  const reader = extract();
  reader.end(gunzipSync(readFileSync(file)));
  for await (const entry of reader) {
    entries.push(entry.header.name);
    entry.resume();
  }
  return entries;
}
