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
