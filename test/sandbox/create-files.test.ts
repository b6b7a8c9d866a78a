import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { awsConfig, installLog, metadataOf, names, openInstallerFixture, read } from './installer-fixture.ts';

test('the commands hand their files on: each consumes what the one before wrote', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  expect(await fixture.run(dir, 'create install-config')).toMatchObject({ code: 0, stdout: '' });
  expect(names(dir)).toEqual([
    '.openshift_install.log',
    '.openshift_install_state.json',
    'install-config.yaml',
  ]);

  expect(await fixture.run(dir, 'create manifests')).toMatchObject({ code: 0 });
  expect(names(dir)).toEqual([
    '.openshift_install.log',
    '.openshift_install_state.json',
    'cluster-api',
    'manifests',
    'openshift',
  ]);
  expect(parse(read(dir, 'manifests/cluster-scheduler-02-config.yml'))).toMatchObject({ kind: 'Scheduler' });

  expect(await fixture.run(dir, 'create ignition-configs')).toMatchObject({ code: 0 });
  expect(names(dir)).toEqual([
    '.openshift_install.log',
    '.openshift_install_state.json',
    'auth',
    'bootstrap.ign',
    'cluster-api',
    'master.ign',
    'metadata.json',
    'worker.ign',
  ]);
  const metadata = read(dir, 'metadata.json');
  expect(await fixture.resources()).toEqual([]);

  expect(await fixture.run(dir, 'create cluster')).toMatchObject({ code: 0, stdout: '' });
  expect(names(dir)).toEqual([
    '.clusterapi_output',
    '.openshift_install.log',
    '.openshift_install_state.json',
    'auth',
    'metadata.json',
    'terraform.platform.auto.tfvars.json',
    'terraform.tfvars.json',
    'tls',
  ]);
  expect(read(dir, 'metadata.json')).toBe(metadata);
});

test('a manifest that someone patched reaches the bootstrap ignition', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.run(dir, 'create manifests');
  writeFileSync(join(dir, 'manifests/99-patched.yaml'), 'kind: ConfigMap\n');
  await fixture.run(dir, 'create ignition-configs');
  expect(read(dir, 'bootstrap.ign')).toContain(Buffer.from('kind: ConfigMap\n').toString('base64'));
});

test('G1: metadata.json is on disk before the cloud knows anything, and says how everything is found', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.faults({ stage: 'metadata', kind: 'crash' });
  expect(await fixture.start(dir, 'create cluster').finished).toMatchObject({
    code: null,
    signal: 'SIGKILL',
  });
  expect(await fixture.resources()).toEqual([]);
  const text = read(dir, 'metadata.json');
  const { clusterID, infraID } = metadataOf(dir);
  expect(infraID).toMatch(/^demo-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  expect(text).toBe(
    `{"clusterName":"demo","clusterID":"${clusterID}","infraID":"${infraID}","aws":{"region":"us-east-2","identifier":[{"kubernetes.io/cluster/${infraID}":"owned"},{"openshiftClusterID":"${clusterID}"},{"sigs.k8s.io/cluster-api-provider-aws/cluster/${infraID}":"owned"}],"clusterDomain":"demo.labs.example.com"},"featureSet":"","customFeatureSet":null}`,
  );
});

test('a second create in the same directory is refused while traces of the first are there', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.run(dir, 'create cluster');
  const before = await fixture.resources();
  const { code, stderr } = await fixture.run(dir, 'create cluster');
  expect(code).toBe(1);
  expect(stderr).toContain('local infrastructure provisioning artifacts already exist');
  expect(await fixture.resources()).toEqual(before);
});

test('the infraID is kept by the state file, and lost with it', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.run(dir, 'create manifests');
  await fixture.run(dir, 'create ignition-configs');
  const first = metadataOf(dir).infraID;
  writeFileSync(join(dir, 'install-config.yaml'), awsConfig());
  await fixture.run(dir, 'create ignition-configs');
  expect(metadataOf(dir).infraID).toBe(first);

  rmSync(join(dir, '.openshift_install_state.json'));
  writeFileSync(join(dir, 'install-config.yaml'), awsConfig());
  await fixture.run(dir, 'create ignition-configs');
  const second = metadataOf(dir).infraID;
  expect(second).not.toBe(first);

  writeFileSync(join(dir, 'install-config.yaml'), awsConfig({ workers: 7 }));
  await fixture.run(dir, 'create ignition-configs');
  expect(metadataOf(dir).infraID).not.toBe(second);
});

test('neither state nor install-config.yaml: exit 1, and nothing is asked', async () => {
  const fixture = openInstallerFixture();
  const { code, stderr } = await fixture.run(fixture.installDir('one'), 'create cluster');
  expect(code).toBe(1);
  expect(stderr).toContain('level=fatal msg=failed to fetch Metadata: failed to load asset "Install Config"');
});

test.each([
  ['not YAML', '{', 'error converting YAML to JSON'],
  ['no name', '{"baseDomain":"a.b","pullSecret":"x","platform":{}}', 'metadata: Required value'],
  [
    'no platform',
    awsConfig().replace('"aws":{"region"', '"gcp":{"region"'),
    'must specify one of the platforms',
  ],
])('an install-config with %s is refused: exit 3, nothing consumed, no state', async (_, config, problem) => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', config);
  const { code, stderr } = await fixture.run(dir, 'create cluster');
  expect(code).toBe(3);
  expect(stderr).toContain('failed to create install config: invalid "install-config.yaml" file: ');
  expect(stderr).toContain(problem);
  expect(names(dir)).toEqual(['.openshift_install.log', 'install-config.yaml']);
});

test('G15: a refused pull secret is printed in full, as by the real installer: its log must be redacted', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig({ pullSecret: '{"auths":{}, "leaked":"s3cr3t"}' }));
  expect(await fixture.run(dir, 'create manifests')).toMatchObject({ code: 3 });
  expect(installLog(dir)).toContain('s3cr3t');
});

test('zero workers make the control plane schedulable', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig({ workers: 0 }));
  await fixture.run(dir, 'create manifests');
  expect(parse(read(dir, 'manifests/cluster-scheduler-02-config.yml')).spec.mastersSchedulable).toBe(true);
  await fixture.run(dir, 'create cluster');
  expect((await fixture.resources()).filter(({ type }) => type === 'ec2:instance')).toHaveLength(3);
});

test('the log is appended to by every command', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.run(dir, 'create manifests');
  const before = installLog(dir);
  await fixture.run(dir, 'create ignition-configs');
  expect(installLog(dir).startsWith(before)).toBe(true);
  expect(before).toMatch(
    /^time="[^"]+" level=debug msg="OpenShift Installer 4\.20\.3"\n.*msg="Built from commit [0-9a-f]{40}"\n/,
  );
});
