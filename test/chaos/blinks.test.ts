import { expect, onTestFinished, test } from 'vitest';
import { createCluster, destroyCluster, getJob, history, untilStatus } from '../e2e/clusters.ts';
import { useServer } from '../e2e/open-site.ts';
import { countRows } from './sql.ts';
import { type CutMoment, StatementCutter } from './statement-cutter.ts';

const PROFILE = 'aws-minimal-test';
const open = useServer({}, { args: ['--role', 'api,janitor'] });

/** What a job reads, by the names of the statements. */
const READS = [
  'clusters.get',
  'clusters.count_creates_ahead',
  'cluster_artifacts.list_infra_ids',
  'cluster_artifacts.list_snapshots',
  'cluster_credentials.list',
  'secrets.find',
];

test.each(['request', 'answer'] satisfies CutMoment[])(
  'N7: G8: every connection breaks at the %s of each statement of a worker, once: no job needs another attempt for it',
  async (moment) => {
    const { site, client, databaseUrl } = open();
    const cutter = await StatementCutter.start(databaseUrl, moment);
    onTestFinished(() => cutter.close());
    const worker = await site.start({ args: ['--role', 'worker'], env: { DATABASE_URL: cutter.url } });
    cutter.begin();
    const team = `n7-${moment}`;
    const { cluster, job } = await createCluster(client, { name: `${team}-a`, profile: PROFILE, team });
    await untilStatus(client, cluster.id, 'READY');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });

    const { job: destroy } = await destroyCluster(client, cluster.id);
    await untilStatus(client, cluster.id, 'DESTROYED');
    expect(await getJob(client, destroy?.id ?? '')).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });

    // The second attempt removes what the first one made: the reads of an undo inside a create.
    await site.setFaults({
      stage: 'machines',
      kind: 'fail',
      failure: 'InsufficientInstanceCapacity',
      times: 1,
    });
    const again = await createCluster(client, { name: `${team}-b`, profile: PROFILE, team });
    await untilStatus(client, again.cluster.id, 'READY');
    expect(await getJob(client, again.job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });

    expect(await history(client, cluster.id)).toEqual([
      'PENDING',
      'CREATING',
      'READY',
      'DESTROYING',
      'DESTROYED',
    ]);
    expect([...cutter.cut]).toEqual(expect.arrayContaining([...READS, 'jobs.claim', 'jobs.append_events']));
    expect([...cutter.cut].filter((name) => name.startsWith('commit after')).length).toBeGreaterThan(4);
    expect(await countRows(databaseUrl, 'workers', `pid = ${worker.pid}`)).toBe(1);
    expect(site.overlaps()).toEqual([]);
    const { data } = await client.GET('/v1/jobs/{id}/events', { params: { path: { id: job.id } } });
    const begun = data.items.filter(({ data: { state } }) => state === 'started').map(({ phase }) => phase);
    expect(begun).toEqual([...new Set(begun)]);
    await worker.stop();
  },
);
