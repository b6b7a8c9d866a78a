import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { awsConfig, ibmConfig, installLog, metadataOf, names, PULL_SECRET, read } from './bench.ts';
import { useExecutable } from './executable.ts';

const openBench = useExecutable();

/** Each text has to come after the one before. */
function expectInOrder(log: string, texts: readonly string[]): void {
  let from = 0;
  for (const text of texts) {
    const at = log.indexOf(text, from);
    expect(at, `"${text}" in its place`).toBeGreaterThanOrEqual(from);
    from = at + text.length;
  }
}

test('the commands hand their files on: each consumes what the one before wrote', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  expect(await bench.run(dir, 'create install-config')).toMatchObject({ code: 0, stdout: '' });
  expect(names(dir)).toEqual([
    '.openshift_install.log',
    '.openshift_install_state.json',
    'install-config.yaml',
  ]);

  expect(await bench.run(dir, 'create manifests')).toMatchObject({ code: 0 });
  expect(names(dir)).toEqual([
    '.openshift_install.log',
    '.openshift_install_state.json',
    'cluster-api',
    'manifests',
    'openshift',
  ]);
  expect(parse(read(dir, 'manifests/cluster-scheduler-02-config.yml'))).toMatchObject({ kind: 'Scheduler' });

  expect(await bench.run(dir, 'create ignition-configs')).toMatchObject({ code: 0 });
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
  expect(await bench.resources()).toEqual([]);

  expect(await bench.run(dir, 'create cluster')).toMatchObject({ code: 0, stdout: '' });
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

test('a manifest that somebody patched reaches the bootstrap ignition', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.run(dir, 'create manifests');
  writeFileSync(join(dir, 'manifests/99-patched.yaml'), 'kind: ConfigMap\n');
  await bench.run(dir, 'create ignition-configs');
  expect(read(dir, 'bootstrap.ign')).toContain(Buffer.from('kind: ConfigMap\n').toString('base64'));
});

test('G1: metadata.json is on disk before the cloud knows anything, and says how everything is found', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.faults({ stage: 'metadata', kind: 'crash' });
  expect(await bench.run(dir, 'create cluster')).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect(await bench.resources()).toEqual([]);
  const text = read(dir, 'metadata.json');
  const { clusterID, infraID } = metadataOf(dir);
  expect(infraID).toMatch(/^demo-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  expect(text).toBe(
    `{"clusterName":"demo","clusterID":"${clusterID}","infraID":"${infraID}","aws":{"region":"us-east-2","identifier":[{"kubernetes.io/cluster/${infraID}":"owned"},{"openshiftClusterID":"${clusterID}"},{"sigs.k8s.io/cluster-api-provider-aws/cluster/${infraID}":"owned"}],"clusterDomain":"demo.labs.example.com"},"featureSet":"","customFeatureSet":null}`,
  );
});

test('a whole create: milestones in order, two log formats, resources with their tags', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig({ workers: 2 }));
  const { code, stderr } = await bench.run(dir, 'create cluster');
  expect(code).toBe(0);
  const { infraID, clusterID } = metadataOf(dir);
  const milestones = [
    'This is the ocpctl sandbox: no cloud is touched',
    'Consuming Install Config from target directory',
    'Creating infrastructure resources...',
    'Creating IAM role for worker',
    'Started local control plane with envtest',
    'for network infrastructure to become ready...',
    'Network infrastructure is ready',
    'Created private Hosted Zone',
    'Control-plane machines are ready',
    'Cluster API resources have been created. Waiting for cluster to become ready...',
    'for the Kubernetes API at https://api.demo.labs.example.com:6443...',
    'API v1.33.5 up',
    'for bootstrapping to complete...',
    'Destroying the bootstrap resources...',
    'Local Cluster API system has completed operations',
    'Finished destroying bootstrap resources',
    'to initialize...',
    'All cluster operators have completed progressing',
    'Install complete!',
    'Access the OpenShift web-console here: https://console-openshift-console.apps.demo.labs.example.com',
    'Time elapsed: ',
  ];
  expectInOrder(stderr, milestones);
  expectInOrder(installLog(dir), milestones);
  for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/^level=(debug|info|warning) msg=/);
  for (const line of installLog(dir).trimEnd().split('\n')) {
    expect(line).toMatch(
      /^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ" level=(debug|info|warning) msg=("(\\.|[^"\\])*"|\S+)( |$)/,
    );
  }

  const resources = await bench.resources();
  const count = (type: string) => resources.filter((resource) => resource.type === type).length;
  expect([count('ec2:vpc'), count('ec2:subnet'), count('ec2:natgateway')]).toEqual([1, 6, 3]);
  expect([count('ec2:instance'), count('ec2:volume'), count('s3:bucket')]).toEqual([5, 5, 0]);
  expect(resources.filter(({ name }) => name.includes('bootstrap'))).toEqual([]);
  const untagged = resources.filter(({ type }) => type !== 'route53:recordset');
  for (const { tags } of untagged) {
    expect(tags).toMatchObject({
      ClusterId: 'clu_one',
      ManagedBy: 'cluster-control-plane',
      [`kubernetes.io/cluster/${infraID}`]: 'owned',
      openshiftClusterID: clusterID,
      [`sigs.k8s.io/cluster-api-provider-aws/cluster/${infraID}`]: 'owned',
    });
  }
});

test('the credentials are usable in form, and the kubeconfig is written anew at the end', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.run(dir, 'create ignition-configs');
  const first = read(dir, 'auth/kubeconfig');
  await bench.run(dir, 'create cluster');
  const last = read(dir, 'auth/kubeconfig');
  expect(last).not.toBe(first);
  for (const text of [first, last]) {
    const { clusters, users, contexts, 'current-context': current } = parse(text);
    expect(clusters[0].cluster.server).toBe('https://api.demo.labs.example.com:6443');
    expect(contexts[0]).toEqual({
      context: { cluster: clusters[0].name, user: users[0].name },
      name: current,
    });
    const pem = [clusters[0].cluster['certificate-authority-data'], users[0].user['client-key-data']];
    for (const data of pem) expect(Buffer.from(data, 'base64').toString()).toMatch(/^-----BEGIN /);
  }
  expect(read(dir, 'auth/kubeadmin-password')).toMatch(/^(\w{5}-){3}\w{5}$/);
  expect(statSync(join(dir, '.openshift_install_state.json')).mode & 0o777).toBe(0o640);
  const state = read(dir, '.openshift_install_state.json');
  for (const secret of [
    read(dir, 'auth/kubeadmin-password'),
    JSON.stringify(PULL_SECRET),
    'RSA PRIVATE KEY',
  ]) {
    expect(state).toContain(secret);
  }
  expect(installLog(dir)).toContain(read(dir, 'auth/kubeadmin-password'));
});

test('--skip-password-print keeps the password out of the log', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.run(dir, 'create cluster --skip-password-print');
  expect(installLog(dir)).not.toContain(read(dir, 'auth/kubeadmin-password'));
  expect(installLog(dir)).toContain('Credentials omitted, if necessary verify the ');
});

test('IBM Cloud: its own metadata, resource group and records', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', ibmConfig());
  expect(await bench.run(dir, 'create cluster')).toMatchObject({ code: 0 });
  const { infraID, clusterID } = metadataOf(dir);
  expect(read(dir, 'metadata.json')).toMatch(
    new RegExp(
      `^{"clusterName":"demo","clusterID":"${clusterID}","infraID":"${infraID}","ibmcloud":{"accountID":"[0-9a-f]{32}","baseDomain":"labs.example.com","cisInstanceCRN":"crn:v1:[^"]+","region":"us-south","resourceGroupName":"${infraID}"},"featureSet":"","customFeatureSet":null}$`,
    ),
  );
  const types = new Set((await bench.resources()).map(({ type }) => type));
  for (const type of [
    'is:vpc',
    'is:instance',
    'is:load-balancer',
    'dns:record',
    'resource-controller:resource-group',
  ]) {
    expect(types).toContain(type);
  }
});

test('a second create in the same directory is refused while traces of the first are there', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.run(dir, 'create cluster');
  const before = await bench.resources();
  const { code, stderr } = await bench.run(dir, 'create cluster');
  expect(code).toBe(1);
  expect(stderr).toContain('local infrastructure provisioning artifacts already exist');
  expect(await bench.resources()).toEqual(before);
});

test('the infraID is kept by the state file, and lost with it', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.run(dir, 'create manifests');
  await bench.run(dir, 'create ignition-configs');
  const first = metadataOf(dir).infraID;
  writeFileSync(join(dir, 'install-config.yaml'), awsConfig());
  await bench.run(dir, 'create ignition-configs');
  expect(metadataOf(dir).infraID).toBe(first);

  rmSync(join(dir, '.openshift_install_state.json'));
  writeFileSync(join(dir, 'install-config.yaml'), awsConfig());
  await bench.run(dir, 'create ignition-configs');
  const second = metadataOf(dir).infraID;
  expect(second).not.toBe(first);

  writeFileSync(join(dir, 'install-config.yaml'), awsConfig({ workers: 7 }));
  await bench.run(dir, 'create ignition-configs');
  expect(metadataOf(dir).infraID).not.toBe(second);
});

test('neither state nor install-config.yaml: exit 1, and nothing is asked', async () => {
  const bench = openBench();
  const { code, stderr } = await bench.run(bench.installDir('one'), 'create cluster');
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
  const bench = openBench();
  const dir = bench.installDir('one', config);
  const { code, stderr } = await bench.run(dir, 'create cluster');
  expect(code).toBe(3);
  expect(stderr).toContain('failed to create install config: invalid "install-config.yaml" file: ');
  expect(stderr).toContain(problem);
  expect(names(dir)).toEqual(['.openshift_install.log', 'install-config.yaml']);
});

test('G15: a refused pull secret is printed in full, as by the real installer: its log must be redacted', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig({ pullSecret: '{"auths":{}, "leaked":"s3cr3t"}' }));
  expect(await bench.run(dir, 'create manifests')).toMatchObject({ code: 3 });
  expect(installLog(dir)).toContain('s3cr3t');
});

test('zero workers make the control plane schedulable', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig({ workers: 0 }));
  await bench.run(dir, 'create manifests');
  expect(parse(read(dir, 'manifests/cluster-scheduler-02-config.yml')).spec.mastersSchedulable).toBe(true);
  await bench.run(dir, 'create cluster');
  expect((await bench.resources()).filter(({ type }) => type === 'ec2:instance')).toHaveLength(3);
});

test('the log is appended to by every command', async () => {
  const bench = openBench();
  const dir = bench.installDir('one', awsConfig());
  await bench.run(dir, 'create manifests');
  const before = installLog(dir);
  await bench.run(dir, 'create ignition-configs');
  expect(installLog(dir).startsWith(before)).toBe(true);
  expect(before).toMatch(
    /^time="[^"]+" level=debug msg="OpenShift Installer 4\.20\.3"\n.*msg="Built from commit [0-9a-f]{40}"\n/,
  );
});
