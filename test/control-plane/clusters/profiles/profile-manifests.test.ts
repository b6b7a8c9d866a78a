import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { checkProfile } from '../../../../src/control-plane/clusters/profiles/check-profile.ts';
import { manifestsDigest } from '../../../../src/control-plane/clusters/profiles/profile-manifests.ts';

const STANDARD = readFileSync(
  join(import.meta.dirname, '../../../../profiles/aws-standard.yaml'),
  'utf8',
).concat('\nmanifestsDir: manifests\n');
const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: site\n  namespace: default\n';

let folder: string;
let dir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  dir = join(folder, 'manifests');
  mkdirSync(dir);
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
});

function write(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
}

function check(text = STANDARD) {
  return checkProfile(join(folder, 'aws-standard.yaml'), text);
}

/** @returns each problem as `file:line:column path: message; fix: fix`, with files relative to the profile */
function problems(text?: string): string[] {
  return (check(text).problems ?? []).map(({ file, line, column, path, message, fix }) => {
    const name = file.slice(folder.length + 1);
    return `${name}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}; fix: ${fix}`;
  });
}

const object = (apiVersion: string, kind: string, more = '') =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: cluster }\n${more}`;
const COSTS = 'makes machines that cost, quotas and scale do not count';
const RECORDS = 'makes DNS records outside of the domain of the cluster, which its destroy would not find';
const READABLE = 'would be readable by everybody who reads the profile: manifests are not sealed';

test.each([
  ['no YAML', 'a.yaml', 'kind: [', 'a.yaml:1:8 is not valid YAML'],
  [
    'two documents',
    'a.yaml',
    `${CONFIG_MAP}---\n${CONFIG_MAP}`,
    'a.yaml:6:1 is a second document; fix: use one document for each file',
  ],
  [
    'a list',
    'a.json',
    '[]',
    'a.json:1:1 must be a mapping with apiVersion, kind and metadata; fix: use one object for each file',
  ],
  [
    'no kind',
    'a.yaml',
    'apiVersion: v1\nmetadata: { name: a }\n',
    'a.yaml:1:1 kind: is missing, or not text; fix: add it, for example ConfigMap',
  ],
  [
    'a name that is a number',
    'a.yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: 7\n',
    'a.yaml:4:3 metadata.name: is missing, or not text; fix: add it, for example chrony',
  ],
  ['a key twice', 'a.yaml', `${CONFIG_MAP}kind: Secret\n`, 'a.yaml:6:1 kind is a duplicate key'],
  [
    'G15: a secret',
    'a.yaml',
    object('v1', 'Secret', 'stringData:\n  token: hunter2\n'),
    `a.yaml:4:1 stringData: ${READABLE}; fix: create the secret when the cluster is ready`,
  ],
  ['a list object', 'a.yaml', object('v1', 'List'), 'a.yaml:2:1 kind: "List" is a list of objects'],
  [
    'G17: machines in a list of their own kind',
    'a.yaml',
    object('machine.openshift.io/v1beta1', 'MachineSetList', 'items: []\n'),
    'a.yaml:4:1 items: is a list of objects; fix: use one file for each',
  ],
  [
    'G17: machines in a list that calls itself something else',
    'a.yaml',
    object('v1', 'ConfigMap', 'items: null\n'),
    'a.yaml:4:1 items: is a list of objects',
  ],
  [
    'G15: a secret whose data is merged',
    'a.yaml',
    'base: &base\n  data: { token: hunter2 }\napiVersion: v1\nkind: Secret\nmetadata: { name: a }\n<<: *base\n',
    'a.yaml:6:1 "<<" is a merge key, which programs read differently; fix: write the fields out',
  ],
  [
    'G2: a domain that is merged',
    'a.json',
    '{"apiVersion": "operator.openshift.io/v1", "kind": "IngressController", "metadata": {"name": "a"},\n"spec": {"<<": {"domain": "apps.example.com"}}}',
    'a.json:2:10 "<<" is a merge key',
  ],
  [
    'an object of the cluster in a namespace',
    'a.yaml',
    'apiVersion: config.openshift.io/v1\nkind: OAuth\nmetadata:\n  name: cluster\n  namespace: default\n',
    'a.yaml:5:3 metadata.namespace: is set, but OAuth is cluster-scoped; fix: remove it',
  ],
  [
    'G17: machines that are not counted',
    'a.yaml',
    object('machine.openshift.io/v1beta1', 'MachineSet'),
    `a.yaml:2:1 kind: "MachineSet" ${COSTS}; fix: use compute.pools of the profile`,
  ],
  [
    'G17: machines of the cluster API',
    'a.yaml',
    object('infrastructure.cluster.x-k8s.io/v1beta2', 'AWSMachine'),
    `a.yaml:2:1 kind: "AWSMachine" ${COSTS}`,
  ],
  [
    'G17: an autoscaler of machines',
    'a.yaml',
    object('autoscaling.openshift.io/v1beta1', 'MachineAutoscaler'),
    `a.yaml:2:1 kind: "MachineAutoscaler" ${COSTS}`,
  ],
  [
    'G2: a domain that the read-back does not list',
    'a.yaml',
    object('operator.openshift.io/v1', 'IngressController', 'spec:\n  domain: apps.example.com\n'),
    `a.yaml:5:3 spec.domain: ${RECORDS}; fix: remove it`,
  ],
  [
    'G2: a record of any name',
    'a.yaml',
    object('ingress.operator.openshift.io/v1', 'DNSRecord'),
    `a.yaml:2:1 kind: "DNSRecord" ${RECORDS}`,
  ],
  [
    'the zones of the cluster',
    'a.yaml',
    object('config.openshift.io/v1', 'DNS'),
    'a.yaml:2:1 kind: "DNS" is written by the installer; fix: remove it',
  ],
  [
    'what a field of the profile sets',
    'a.yaml',
    object('config.openshift.io/v1', 'Proxy'),
    'a.yaml:2:1 kind: "Proxy" is written by the installer; fix: use proxy of the profile',
  ],
  [
    'the credentials mode',
    'a.yaml',
    object('operator.openshift.io/v1', 'CloudCredential'),
    'a.yaml:2:1 kind: "CloudCredential" changes the credentials',
  ],
  [
    'a file of ours',
    'cluster-scheduler-02-config.yml',
    CONFIG_MAP,
    'cluster-scheduler-02-config.yml:1:1 is the name of a file of the installer; fix: rename it',
  ],
  [
    'machine sets of the installer',
    '99_openshift-cluster-api_worker-machineset-9.yaml',
    CONFIG_MAP,
    '99_openshift-cluster-api_worker-machineset-9.yaml:1:1 is the name of a file of the installer',
  ],
  [
    'a file that the installer ignores',
    'README.md',
    'text',
    'README.md:1:1 is not the name of a manifest; fix: use one such as chrony.yaml',
  ],
  ['bytes', 'a.yaml', Buffer.from([0xff, 0xfe, 0x00]), 'a.yaml:1:1 is not UTF-8 text'],
  ['a zero byte', 'a.yaml', 'a: "\0"', 'a.yaml:1:1 is not text'],
  [
    'a large file',
    'a.yaml',
    `a: ${'x'.repeat(256 * 1024)}`,
    'a.yaml:1:1 is larger than 256 KiB; fix: split it',
  ],
])('R17: %s among the manifests is named with file, line, column and fix', (_, name, text, expected) => {
  write({ [name]: text });
  const found = problems();
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(`manifests/${expected}`);
  expect(found[0]).toMatch(/; fix: \w/);
  expect(found[0]).not.toContain('hunter2');
});

test('R17: a folder that cannot be read, is empty or has too many files is a problem of the profile', () => {
  const at = `aws-standard.yaml:${STANDARD.split('\n').indexOf('manifestsDir: manifests') + 1}:1 manifestsDir:`;
  expect(problems()).toEqual([`${at} "manifests" has no manifests; fix: add some, or remove manifestsDir`]);
  expect(problems(STANDARD.replace('manifestsDir: manifests', 'manifestsDir: nowhere'))[0]).toMatch(
    `${at} "nowhere" cannot be read: no such file`,
  );
  write(Object.fromEntries(Array.from({ length: 65 }, (_v, i) => [`a${i}.yaml`, CONFIG_MAP])));
  expect(problems()).toEqual([`${at} "manifests" has 65 files; fix: keep at most 64 files`]);
});

test('R17: more than 1 MiB of manifests is refused', () => {
  const large = (i: number) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a${i} }\ndata: { a: ${'x'.repeat(250 * 1024)} }\n`;
  write(Object.fromEntries(Array.from({ length: 5 }, (_v, i) => [`a${i}.yaml`, large(i)])));
  expect(problems()).toEqual([expect.stringContaining('"manifests" has more than 1 MiB of manifests')]);
});

test('R17: one object in two files is refused, whatever the version of its API', () => {
  write({
    'a.yaml': object('example.com/v1', 'Widget'),
    'b.yaml': object('example.com/v2', 'Widget'),
    'c.yaml': object('example.org/v1', 'Widget'),
  });
  expect(problems()).toEqual([
    'manifests/b.yaml:1:1 metadata.name: Widget cluster is also in a.yaml; fix: remove one of them',
  ]);
});

test('R17: one object in two files is refused if one of them names no namespace', () => {
  const widget = (namespace: string) =>
    `apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w${namespace} }\n`;
  write({
    'a.yaml': widget(''),
    'b.yaml': widget(', namespace: one'),
    'c.yaml': widget(', namespace: two'),
  });
  expect(problems()).toEqual([
    'manifests/b.yaml:1:1 metadata.name: Widget w is also in a.yaml; fix: remove one of them',
    'manifests/c.yaml:1:1 metadata.name: Widget w is also in a.yaml; fix: remove one of them',
  ]);
  write({ 'a.yaml': CONFIG_MAP });
  expect(problems()).toEqual([]);
});

test('R17: problems of manifests are shown beside those of the profile', () => {
  write({ 'a.yaml': object('v1', 'List') });
  const found = problems(STANDARD.replace('fipsMode: false', 'fipsMode: maybe'));
  expect(found).toHaveLength(2);
  expect(found.join('\n')).toContain('features.fipsMode');
  expect(found.join('\n')).toContain('manifests/a.yaml:2:1');
});

test('R17: manifests are read with the profile, as a mounted ConfigMap has them, and a changed byte changes the digest', () => {
  mkdirSync(join(dir, '..data'));
  writeFileSync(join(dir, '..data', 'a.yaml'), CONFIG_MAP);
  symlinkSync('..data/a.yaml', join(dir, 'a.yaml'));
  const { profile } = check();
  expect(profile?.manifests).toEqual([
    {
      file: 'a.yaml',
      content: CONFIG_MAP,
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'site',
      namespace: 'default',
    },
  ]);
  writeFileSync(join(dir, '..data', 'a.yaml'), `${CONFIG_MAP}# changed\n`);
  const digests = [profile, check().profile].map((one) => manifestsDigest(one?.manifests ?? []));
  expect(new Set(digests).size).toBe(2);
});
