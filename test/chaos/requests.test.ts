import { beforeAll, describe, expect, test } from 'vitest';
import { idempotencyKey } from '../../src/client/api-client.ts';
import { ApiError } from '../../src/client/api-error.ts';
import { createCluster, getCluster, getJob } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { useServer } from '../e2e/open-site.ts';
import type { ServerProcess } from '../e2e/server-process.ts';
import { countRows } from './sql.ts';

const PROFILE = 'aws-minimal-test';

const API = { args: ['--role', 'api'] };
const shared = useServer({}, API);
/** A second server beside the first. */
let second: ServerProcess;
beforeAll(async () => {
  second = await shared().site.start(API);
});

async function rowsOf(databaseUrl: string) {
  return {
    clusters: await countRows(databaseUrl, 'clusters'),
    jobs: await countRows(databaseUrl, 'jobs'),
    keys: await countRows(databaseUrl, 'idempotency_keys'),
    creates: await countRows(databaseUrl, 'audit_events', "payload like '%cluster.create%'"),
  };
}

type Rows = Awaited<ReturnType<typeof rowsOf>>;

async function addedTo(before: Rows, databaseUrl: string): Promise<Rows> {
  const now = await rowsOf(databaseUrl);
  return {
    clusters: now.clusters - before.clusters,
    jobs: now.jobs - before.jobs,
    keys: now.keys - before.keys,
    creates: now.creates - before.creates,
  };
}

describe('requests through two API processes', () => {
  test('S33: G10, G11: 50 concurrent copies of one create are one cluster, one job, one audit event, and one answer', async () => {
    const { site, client: first, databaseUrl } = shared();
    const clients = [first, site.client(second)];
    const before = await rowsOf(databaseUrl);
    const key = idempotencyKey();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const client = clients[i % clients.length];
        if (client === undefined) throw new Error('no client');
        return createCluster(client, { name: 'once', profile: PROFILE }, key);
      }),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await addedTo(before, databaseUrl)).toEqual({ clusters: 1, jobs: 1, keys: 1, creates: 1 });
  });

  test('G18: 20 creates at the edge of the quota: exactly as many as it allows', async () => {
    const { site, client: first, databaseUrl } = shared();
    const clients = [first, site.client(second)];
    const before = await rowsOf(databaseUrl);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => {
        const client = clients[i % clients.length];
        if (client === undefined) throw new Error('no client');
        return createCluster(client, { name: `edge-${i}`, profile: PROFILE, team: 'payments' });
      }),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(outcomes.length - refused.length).toBe(5);
    for (const error of refused) {
      expect(error).toBeInstanceOf(ApiError);
      expect(error.code).toBe('QUOTA_EXCEEDED');
    }
    expect(await addedTo(before, databaseUrl)).toMatchObject({ clusters: 5, jobs: 5 });
  });

  test('G10, G11: an API killed under requests; each retry elsewhere gets the first answer, and what was acknowledged exists', async () => {
    const { site, client: other, databaseUrl } = shared();
    const doomed = await site.start(API);
    const first = site.client(doomed);
    const before = await rowsOf(databaseUrl);
    const requests = Array.from({ length: 30 }, (_, i) => ({
      key: idempotencyKey(),
      body: { name: `kept-${i}`, profile: PROFILE, team: `team-${Math.floor(i / 5)}` },
    }));
    const acknowledged = new Map<string, string>();
    const sending = requests.map(({ key, body }) =>
      createCluster(first, body, key).then(
        ({ cluster }) => void acknowledged.set(key, cluster.id),
        () => {},
      ),
    );
    await eventually('some are acknowledged', () => acknowledged.size >= 3);
    await doomed.kill();
    await Promise.all(sending);
    for (const { key, body } of requests) {
      const { cluster, job } = await createCluster(other, body, key);
      expect(cluster.id).toBe(acknowledged.get(key) ?? cluster.id);
      expect(await getCluster(other, cluster.id)).toMatchObject({ name: body.name });
      expect(await getJob(other, job.id)).toMatchObject({ clusterId: cluster.id });
    }
    expect(await addedTo(before, databaseUrl)).toMatchObject({
      clusters: requests.length,
      creates: requests.length,
    });
  });
});
