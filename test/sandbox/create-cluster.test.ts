import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { classifyFailure } from '../../src/control-plane/clusters/installer/classify-failure.ts';
import {
  awsConfig,
  ibmConfig,
  installLog,
  metadataOf,
  openInstallerFixture,
  PULL_SECRET,
  read,
} from './installer-fixture.ts';

/** Asserts that the log contains the texts in this order. */
function expectInOrder(log: string, texts: readonly string[]): void {
  let from = 0;
  for (const text of texts) {
    const at = log.indexOf(text, from);
    expect(at, `"${text}" in its place`).toBeGreaterThanOrEqual(from);
    from = at + text.length;
  }
}

test('a whole create: milestones in order, two log formats, resources with their tags', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig({ workers: 2 }));
  const { code, stderr } = await fixture.run(dir, 'create cluster');
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

  const resources = await fixture.resources();
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

test.each([
  ['public', 'External', ['classic', 'network', 'network']],
  ['private', 'Internal', ['classic', 'network']],
])('a %s cluster has the load balancers that a real one has', async (_, publish, expected) => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', JSON.stringify({ ...JSON.parse(awsConfig()), publish }));
  expect((await fixture.run(dir, 'create cluster')).code).toBe(0);
  const { infraID } = metadataOf(dir);
  const balancers = (await fixture.resources()).filter(
    ({ type }) => type === 'elasticloadbalancing:loadbalancer',
  );
  // The ARN of a classic one has no type and no id.
  const types = balancers.map(({ arn }) => (arn.includes(':loadbalancer/net/') ? 'network' : 'classic'));
  expect(types.sort()).toEqual(expected);
  for (const { arn, name } of balancers.filter(({ name: own }) => own.startsWith(infraID)))
    expect(arn).toContain(`loadbalancer/net/${name}/`);
});

test('the credentials are usable in form, and the kubeconfig is written anew at the end', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.run(dir, 'create ignition-configs');
  const first = read(dir, 'auth/kubeconfig');
  await fixture.run(dir, 'create cluster');
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
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  await fixture.run(dir, 'create cluster --skip-password-print');
  expect(installLog(dir)).not.toContain(read(dir, 'auth/kubeadmin-password'));
  expect(installLog(dir)).toContain('Credentials omitted, if necessary verify the ');
});

test('IBM Cloud: its own metadata, resource group and records', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', ibmConfig());
  expect(await fixture.run(dir, 'create cluster')).toMatchObject({ code: 0 });
  const { infraID, clusterID } = metadataOf(dir);
  expect(read(dir, 'metadata.json')).toMatch(
    new RegExp(
      `^{"clusterName":"demo","clusterID":"${clusterID}","infraID":"${infraID}","ibmcloud":{"accountID":"[0-9a-f]{32}","baseDomain":"labs.example.com","cisInstanceCRN":"crn:v1:[^"]+","region":"us-south","resourceGroupName":"${infraID}"},"featureSet":"","customFeatureSet":null}$`,
    ),
  );
  const types = new Set((await fixture.resources()).map(({ type }) => type));
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

test.each([
  ['R12: a tag of AWS', { userTags: { 'aws:team': 'shared' } }, 'TAGS_REFUSED'],
  ['R5: tag keys that differ in case only', { userTags: { Purpose: 'a', purpose: 'b' } }, 'TAGS_REFUSED'],
  ['R12: a character that AWS does not accept', { userTags: { a: 'b,c' } }, 'CLOUD_REQUEST_INVALID'],
  ['R13: a load balancer called internal-…', { name: 'internal-api' }, 'CLOUD_REQUEST_INVALID'],
  ['R13: a security group called sg-…', { name: 'sg' }, 'CLOUD_REQUEST_INVALID'],
])(
  '%s is rejected as by AWS: the install fails for good, and a destroy removes the rest',
  async (_, options, reason) => {
    const fixture = openInstallerFixture();
    const dir = fixture.installDir('one', awsConfig(options));
    expect((await fixture.run(dir, 'create cluster')).code).toBe(4);
    expect(classifyFailure(installLog(dir))).toMatchObject({ reason, retryable: false });
    expect((await fixture.run(dir, 'destroy cluster')).code).toBe(0);
    expect(await fixture.resources()).toEqual([]);
  },
);
