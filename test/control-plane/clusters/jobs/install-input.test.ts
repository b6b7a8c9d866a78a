import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { prepareInstallDir } from '../../../../src/control-plane/clusters/installer/install-dir.ts';
import type { ClusterJobContext } from '../../../../src/control-plane/clusters/jobs/cluster-job-context.ts';
import {
  type InstallInput,
  prepareInput,
} from '../../../../src/control-plane/clusters/jobs/install-input.ts';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import type { ProfileManifest } from '../../../../src/control-plane/clusters/profiles/profile-manifests.ts';
import { getAcceptedProfile } from '../../../../src/control-plane/clusters/store/accepted-profiles.sql.ts';
import type { ClusterRow } from '../../../../src/control-plane/clusters/store/clusters.sql.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import type { JobContext } from '../../../../src/control-plane/kernel/jobs/job.ts';
import { PULL_SECRET } from '../install-config/example.ts';
import { awsStandard, ED25519_KEY, exampleProfile, shippedProfile } from '../policy/example.ts';

const ROW = {
  id: 'clu_1',
  name: 'demo',
  profile: 'aws-minimal-test',
  platform: 'aws',
  cloud: 'aws',
  version: '4.20.3',
  region: 'us-east-1',
  baseDomain: 'labs.example.com',
  ttlHours: 24,
  team: 'blue',
  owner: 'alice',
  costCenter: 'blue',
  requestedBy: 'local:alice',
  requestedTags: {},
  effectiveTags: { Purpose: 'testing' },
  sshPublicKey: null,
  onFailure: 'destroy',
  workerReplicas: 0,
  setValues: {},
  cloudAccount: null,
};

const registered: string[] = [];

/** Prepares the input of a create job whose cloud has no objections. */
async function prepare(
  row: object,
  pullSecret: () => Promise<string>,
  profile: Profile | null = shippedProfile('aws-minimal-test'),
  kept: { readonly files?: readonly ProfileManifest[]; readonly content?: unknown } = {},
  credentials?: object,
): Promise<{ folder: string; input: InstallInput }> {
  const root = mkdtempSync(join(tmpdir(), 'input-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const dirs = await prepareInstallDir(root, 'job_1', 1);
  const report = {
    account: '111122223333',
    principal: 'arn:aws:iam::111122223333:user/w',
    problems: [],
    notes: [],
  };
  const context = {
    minFreeDiskMb: 0,
    clock: { now: () => new Date('2026-11-28T12:00:00Z') },
    profiles: { get: () => profile ?? undefined, list: () => [] },
    clouds: { byKind: () => ({ kind: 'aws', preflight: async () => report }) },
    pullSecret,
    secrets: {
      open: async () => (credentials === undefined ? undefined : Buffer.from(JSON.stringify(credentials))),
    },
    redactor: { register: (secret: string) => void registered.push(secret) },
    installers: { forCreate: async () => ({ version: '4.20.3' }) },
  };
  const attempt = {
    signal: new AbortController().signal,
    db: {
      query: async ({ name }: { name: string }) =>
        name === getAcceptedProfile.name ? [{ content: null, files: [], ...kept }] : [],
    },
    commit: async () => {},
    event: () => {},
  };
  const input = await prepareInput(
    context as unknown as ClusterJobContext,
    attempt as unknown as JobContext,
    { ...ROW, ...row } as unknown as ClusterRow,
    dirs,
  );
  return { folder: dirs.install, input };
}

const goodSecret = async () => PULL_SECRET;

test('a valid cluster gets its install-config', async () => {
  const { folder } = await prepare({}, goodSecret);
  expect(existsSync(join(folder, 'install-config.yaml'))).toBe(true);
});

test.each([
  [
    'R13: a reserved name',
    { name: 'internal-api' },
    'metadata.name: "internal-api" would begin the names of load balancers',
  ],
  [
    'R5: tag keys that differ in case only',
    { effectiveTags: { Purpose: 'a', purpose: 'b' } },
    'platform.aws.userTags[purpose]: AWS compares keys without case',
  ],
  [
    'R12: a reserved tag',
    { effectiveTags: { 'aws:x': 'a' } },
    'platform.aws.userTags[aws:x]: keys with this prefix',
  ],
  [
    'R14: a comment between keys',
    { sshPublicKey: `${ED25519_KEY}\n# ci\n${ED25519_KEY}` },
    'sshKey: line 2 ',
  ],
])('%s that an older server accepted ends the job before anything is created', async (_, row, expected) => {
  await expect(prepare(row, goodSecret)).rejects.toMatchObject({
    code: 'INVALID_INSTALL_CONFIG',
    message: expect.stringContaining(expected),
    retryable: false,
    exists: 'nothing',
  });
});

test('R12: a pull secret that became unusable ends the job with the reason, one that cannot be read does not', async () => {
  const bad = async () => {
    throw new SetupError('the pull secret /p must have at least one entry in "auths"', {
      hint: 'download it',
    });
  };
  await expect(prepare({}, bad)).rejects.toMatchObject({
    code: 'PULL_SECRET_INVALID',
    message: 'the pull secret /p must have at least one entry in "auths" (download it)',
    retryable: false,
  });
  const unreadable = new SetupError('the pull secret cannot be read: EACCES', { cause: new Error('EACCES') });
  await expect(prepare({}, () => Promise.reject(unreadable))).rejects.toBe(unreadable);
});

test('G15: the password of a proxy is removed from the log of the job', async () => {
  const proxy = { httpProxy: 'http://me:hunter2@proxy.example.com:3128' };
  await prepare({}, goodSecret, { ...shippedProfile('aws-minimal-test'), installConfig: { proxy } });
  expect(registered).toContain('hunter2');
});

test('R17: G17: machines, volumes, pools and networks are those of the profile that was accepted, whatever this worker has', async () => {
  const accepted = exampleProfile('aws-pools');
  const httpProxy = 'http://(masked)@proxy.example.com:3128';
  const worker = shippedProfile('aws-minimal-test');
  const { folder, input } = await prepare(
    { workerReplicas: 2 },
    goodSecret,
    worker,
    { content: { ...accepted, proxy: { httpProxy } } },
    { '["proxy","httpProxy"]': 'me:opensesame' },
  );
  const { compute, controlPlane, proxy } = input.document;
  expect(controlPlane.platform).toMatchObject({
    aws: { type: accepted.compute.controlPlane.instanceType },
  });
  expect(compute[0]?.platform).toMatchObject({ aws: { type: accepted.compute.workers.instanceType } });
  expect(proxy).toEqual({ httpProxy: 'http://me:opensesame@proxy.example.com:3128' });
  // That of the worker has no pools: nothing would be added to no machine sets.
  mkdirSync(join(folder, 'openshift'));
  await expect(input.applyManifestPatches()).rejects.toMatchObject({ code: 'MACHINE_SETS_UNREADABLE' });
});

test('a profile that was not kept is that of the worker; without one the job says so', async () => {
  const none = { ...ROW, profile: 'aws-gone' };
  await expect(prepare(none, goodSecret, null)).rejects.toMatchObject({
    code: 'UNKNOWN_PROFILE',
    message: 'profile aws-gone was not kept with the cluster, and does not exist on this worker',
  });
});

describe('R17: spot workers', () => {
  const standard = awsStandard();
  const workers = { ...standard.compute.workers, spot: true };
  const spot = { ...standard, compute: { ...standard.compute, workers } };
  const row = { profile: standard.name, workerReplicas: 3 };
  /** As installer 4.20 writes them, reduced. */
  const machineSet = (value: string) =>
    `apiVersion: machine.openshift.io/v1beta1\nkind: MachineSet\nspec:\n  replicas: 1\n  template:\n    spec:\n      providerSpec:\n        value: ${value}\n`;
  const write = (folder: string, name: string, value = '{ instanceType: m6i.2xlarge }') => {
    mkdirSync(join(folder, 'openshift'), { recursive: true });
    writeFileSync(join(folder, 'openshift', name), machineSet(value));
  };
  const valueIn = (folder: string, name: string) =>
    parse(readFileSync(join(folder, 'openshift', name), 'utf8')).spec.template.spec.providerSpec.value;

  test('change every machine set of the workers, and nothing else', async () => {
    const { folder, input } = await prepare(row, goodSecret, spot);
    const sets = [0, 1].map((i) => `99_openshift-cluster-api_worker-machineset-${i}.yaml`);
    const master = '99_openshift-cluster-api_master-machines-0.yaml';
    for (const name of [...sets, master]) write(folder, name);
    await input.applyManifestPatches();
    for (const name of sets) {
      expect(valueIn(folder, name)).toEqual({ instanceType: 'm6i.2xlarge', spotMarketOptions: {} });
    }
    expect(valueIn(folder, master)).toEqual({ instanceType: 'm6i.2xlarge' });
  });

  test.each([
    ['there is no machine set', 'other.yaml', '{}', 'no machine set of workers in openshift'],
    [
      'a machine set has another form',
      '99_openshift-cluster-api_worker-machineset-0.yaml',
      'null',
      'has no spec.template',
    ],
  ])('end the job before anything is created when %s', async (_, name, value, message) => {
    const { folder, input } = await prepare(row, goodSecret, spot);
    write(folder, name, value);
    await expect(input.applyManifestPatches()).rejects.toMatchObject({
      code: 'MACHINE_SETS_UNREADABLE',
      message: expect.stringContaining(message),
    });
  });
});

describe('R17: manifests of the profile', () => {
  const manifest = (file: string, apiVersion: string, kind: string, name: string): ProfileManifest => ({
    file,
    apiVersion,
    kind,
    name,
    content: `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name} }\n`,
  });
  const chrony = manifest('chrony.yaml', 'machineconfiguration.openshift.io/v1', 'MachineConfig', 'chrony');
  const site = manifest('site.json', 'v1', 'ConfigMap', 'site');
  /** As installer 4.20 writes them, reduced. */
  const installed = (folder: string) => {
    for (const name of ['manifests', 'openshift']) mkdirSync(join(folder, name));
    const proxy = 'apiVersion: config.openshift.io/v1\nkind: Proxy\nmetadata: { name: cluster }\n';
    writeFileSync(join(folder, 'manifests', 'cluster-proxy-01-config.yaml'), proxy);
    writeFileSync(join(folder, 'openshift', '99-other.yaml'), '');
    const widget = '{ apiVersion: example.com/v1, kind: Widget, metadata: { name: listed } }';
    writeFileSync(join(folder, 'manifests', 'list.yaml'), `apiVersion: v1\nkind: List\nitems: [${widget}]\n`);
    const merged =
      'base: &b { name: merged }\napiVersion: example.com/v1\nkind: Widget\nmetadata: { <<: *b }\n';
    writeFileSync(join(folder, 'manifests', 'merged.yaml'), merged);
  };

  test('are those that the cluster was accepted with, whatever folder this worker has', async () => {
    const now = manifest('other.yaml', 'v1', 'ConfigMap', 'other');
    const profile = { ...shippedProfile('aws-minimal-test'), manifestsDir: 'gone', manifests: [now] };
    const { folder, input } = await prepare({}, goodSecret, profile, { files: [chrony, site] });
    installed(folder);
    await input.applyManifestPatches();
    expect(readFileSync(join(folder, 'openshift', 'chrony.yaml'), 'utf8')).toBe(chrony.content);
    expect(readFileSync(join(folder, 'manifests', 'site.json'), 'utf8')).toBe(site.content);
    expect(existsSync(join(folder, 'manifests', 'other.yaml'))).toBe(false);
  });

  test.each([
    [
      'has the name of a file in the other folder',
      manifest('99-other.yaml', 'v1', 'ConfigMap', 'a'),
      '99-other.yaml (ConfigMap a) of the profile has the name of openshift/99-other.yaml of the installer',
    ],
    [
      'is an object of the installer in another version of its API',
      manifest('proxy.yaml', 'config.openshift.io/v1beta1', 'Proxy', 'cluster'),
      'is the same object as manifests/cluster-proxy-01-config.yaml of the installer',
    ],
    [
      'is an object of the installer in a namespace that it cannot have',
      { ...manifest('proxy.yaml', 'config.openshift.io/v1', 'Proxy', 'cluster'), namespace: 'default' },
      'is the same object as manifests/cluster-proxy-01-config.yaml of the installer',
    ],
    [
      'is in a list of the installer',
      manifest('widget.yaml', 'example.com/v1', 'Widget', 'listed'),
      'is the same object as manifests/list.yaml of the installer',
    ],
    [
      'is an object of the installer whose name is merged',
      manifest('widget.yaml', 'example.com/v1', 'Widget', 'merged'),
      'is the same object as manifests/merged.yaml of the installer',
    ],
  ])('end the job before anything is created when one %s', async (_, conflict, message) => {
    const { folder, input } = await prepare({}, goodSecret, undefined, { files: [site, conflict] });
    installed(folder);
    await expect(input.applyManifestPatches()).rejects.toMatchObject({
      code: 'MANIFEST_CONFLICT',
      message: expect.stringContaining(message),
      hint: 'rename it, or remove it from the profile',
    });
    expect(existsSync(join(folder, 'manifests', 'site.json'))).toBe(false);
  });
});
