import { describe, expect, test } from 'vitest';
import { idempotencyKey } from '../../src/client/api-client.ts';
import { ApiError } from '../../src/client/api-error.ts';
import { eventually } from '../e2e/eventually.ts';
import { openPostgresSite } from '../e2e/open-site.ts';
import { createCluster, getCluster, getJob } from '../e2e/site.ts';
import { countRows } from './sql.ts';

const PROFILE = 'aws-minimal-test';

describe('requests through two API processes', () => {
  test('S33: G10, G11: 50 concurrent copies of one create are one cluster, one job, one audit event, and one answer', async () => {
    const { site, databaseUrl } = await openPostgresSite();
    const servers = await Promise.all([
      site.start({ args: ['--role', 'api'] }),
      site.start({ args: ['--role', 'api'] }),
    ]);
    const clients = servers.map((server) => site.client(server));
    const key = idempotencyKey();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const client = clients[i % clients.length];
        if (client === undefined) throw new Error('no client');
        return createCluster(client, { name: 'once', profile: PROFILE }, key);
      }),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await countRows(databaseUrl, 'clusters')).toBe(1);
    expect(await countRows(databaseUrl, 'jobs')).toBe(1);
    expect(await countRows(databaseUrl, 'idempotency_keys')).toBe(1);
    expect(await countRows(databaseUrl, 'audit_events', "payload like '%cluster.create%'")).toBe(1);
  });

  test('G18: 20 creates at the edge of the quota: exactly as many as it allows', async () => {
    const { site, databaseUrl } = await openPostgresSite();
    const servers = await Promise.all([
      site.start({ args: ['--role', 'api'] }),
      site.start({ args: ['--role', 'api'] }),
    ]);
    const clients = servers.map((server) => site.client(server));
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
    expect(await countRows(databaseUrl, 'clusters')).toBe(5);
    expect(await countRows(databaseUrl, 'jobs')).toBe(5);
  });

  test('G10, G11: an API killed under requests; each retry elsewhere gets the first answer, and what was acknowledged exists', async () => {
    const { site, databaseUrl } = await openPostgresSite();
    const [doomed, other] = await Promise.all([
      site.start({ args: ['--role', 'api'] }),
      site.start({ args: ['--role', 'api'] }),
    ]);
    const first = site.client(doomed);
    const second = site.client(other);
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
      const { cluster, job } = await createCluster(second, body, key);
      expect(cluster.id).toBe(acknowledged.get(key) ?? cluster.id);
      expect(await getCluster(second, cluster.id)).toMatchObject({ name: body.name });
      expect(await getJob(second, job.id)).toMatchObject({ clusterId: cluster.id });
    }
    expect(await countRows(databaseUrl, 'clusters')).toBe(requests.length);
    expect(await countRows(databaseUrl, 'audit_events', "payload like '%cluster.create%'")).toBe(
      requests.length,
    );
  });
});
