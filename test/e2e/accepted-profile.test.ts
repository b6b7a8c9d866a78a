import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createCluster, destroyCluster, getJob, untilStatus } from './clusters.ts';
import { openPostgresSite } from './open-site.ts';

const POOLS = readFileSync(
  fileURLToPath(new URL('../../profiles/examples/aws-pools.yaml', import.meta.url)),
  'utf8',
);
/** Of the same name: other pools, spot workers. */
const OTHER = POOLS.replace('name: infra', 'name: other').replace(
  /( +)minReplicas: 1\n/,
  '$1minReplicas: 1\n$1spot: true\n',
);

/** A nightly build: no mirror has its installer. */
const IMAGE = `registry.ci.openshift.org/ocp/release@sha256:${'a'.repeat(64)}`;
const NIGHTLY = POOLS.replace(/ {2}allowlist: \["4.*/, '  allowlist: ["4.21.0-0.nightly-2026-11-20-123456"]')
  .replace(/ {2}default: "4.*/, '  default: "4.21.0-0.nightly-2026-11-20-123456"')
  .replace('regions:', `releaseImage: ${IMAGE}\nregions:`);

test('R17: a release image of a profile is installed, and the CredentialsRequests are of the same', async () => {
  const { site } = await openPostgresSite({ OCPCTL_AWS_CREDENTIALS_MODE: 'Manual' });
  const path = join(site.folder, 'nightly');
  mkdirSync(path);
  writeFileSync(join(path, 'aws-pools.yaml'), NIGHTLY);
  const api = await site.start({ args: ['--role', 'api,janitor', '--profiles', path] });
  await site.start({ args: ['--role', 'worker'] });
  const client = site.client(api);
  expect((await site.cli('profiles', 'get', 'aws-pools')).stdout).toContain(IMAGE);
  const { cluster } = await createCluster(client, { name: 'nightly', profile: 'aws-pools' });
  expect((await untilStatus(client, cluster.id, 'READY')).version).toContain('nightly');
  const { stdout } = await site.cli('logs', 'nightly', '--level', 'debug');
  expect(stdout).toContain(`Extracted release payload from ${IMAGE}`);
  await destroyCluster(client, cluster.id);
  await untilStatus(client, cluster.id, 'DESTROYED');
  expect(await site.cloud()).toEqual([]);
}, 120_000);

test.each([
  ['another profile of that name', OTHER],
  ['no such profile', undefined],
])(
  'R17: G17: a worker with %s creates the cluster that was accepted',
  async (_, ofWorker) => {
    const { site } = await openPostgresSite();
    const folder = (name: string, text: string) => {
      const path = join(site.folder, name);
      mkdirSync(path);
      writeFileSync(join(path, 'aws-pools.yaml'), text);
      return ['--profiles', path];
    };
    const api = await site.start({ args: ['--role', 'api,janitor', ...folder('accepted', POOLS)] });
    const own = ofWorker === undefined ? [] : folder('other', ofWorker);
    await site.start({ args: ['--role', 'worker', ...own] });
    const client = site.client(api);
    const { cluster, job } = await createCluster(client, { name: 'pools', profile: 'aws-pools' });
    const { infraId } = await untilStatus(client, cluster.id, 'READY');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
    const machines = (await site.cloud()).filter(({ type }) => type === 'ec2:instance');
    const ofPool = (pool: string) =>
      machines.filter(({ name }) => name.startsWith(`${infraId}-${pool}-`)).length;
    expect(['master', 'worker', 'infra', 'build', 'other'].map(ofPool)).toEqual([3, 2, 2, 1, 0]);
    expect((await site.cli('logs', 'pools')).stdout).not.toContain('workers are spot instances');
    await destroyCluster(client, cluster.id);
    await untilStatus(client, cluster.id, 'DESTROYED');
    expect(await site.cloud()).toEqual([]);
  },
  120_000,
);
