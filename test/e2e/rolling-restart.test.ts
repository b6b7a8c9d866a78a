import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { ApiClient } from '../../src/client/api-client.ts';
import { countRows } from '../chaos/sql.ts';
import { createTestDatabase } from '../setup/database.ts';
import { createCluster, getCluster } from './clusters.ts';
import { eventually } from './eventually.ts';
import { LoadBalancer } from './load-balancer.ts';
import { openSite } from './open-site.ts';
import { ENTRY, type ServerProcess } from './server-process.ts';

/** Each role is three processes; the load balancer finds an API out within its probing interval, which the delay covers. */
const ROLES = ['api', 'worker', 'janitor'] as const;
const EACH = 3;
const FLAGS = { api: ['--drain-delay', '2s'], worker: ['--drain-timeout', '60s'], janitor: [] } as const;
/** A program of an earlier version, if there is one: the fleet begins with it. */
const OLD_ENTRY = process.env['OCPCTL_OLD_ENTRY'] ?? ENTRY;

interface Failure {
  readonly what: string;
  readonly error: unknown;
}

test('a rolling restart of three APIs, three workers and three janitors under load fails no request and loses no job', async () => {
  const balancer = await LoadBalancer.start();
  onTestFinished(() => balancer.stop());
  // The first server makes the schema of its version, and the first of a newer version migrates it under the others.
  const database = await createTestDatabase({ empty: true });
  onTestFinished(() => database.drop());
  const site = openSite({
    DATABASE_URL: database.url,
    OCPCTL_PUBLIC_HOSTS: balancer.host,
    OCPCTL_TEAM_ACTIVE_CLUSTERS: '1000',
    OCPCTL_TEAM_CONCURRENT_CREATES: '1000',
  });
  const seats: { role: (typeof ROLES)[number]; server: ServerProcess }[] = [];
  const open = async (role: (typeof ROLES)[number], entry?: string) => {
    const server = await site.start({
      args: ['--role', role, ...FLAGS[role]],
      ...(entry === undefined ? {} : { entry }),
    });
    if (role === 'api') balancer.add(server.url);
    return { role, server };
  };
  for (const role of ROLES) for (let n = 0; n < EACH; n++) seats.push(await open(role, OLD_ENTRY));
  await eventually('the load balancer knows all APIs', () => balancer.ready === EACH);

  const over = new AbortController();
  const failures: Failure[] = [];
  const created: { id: string; jobId: string }[] = [];
  let requests = 0;
  const attempt = async <T>(what: string, call: () => Promise<T>): Promise<T | undefined> => {
    requests += 1;
    return call().catch((error: unknown) => {
      failures.push({ what, error });
      return undefined;
    });
  };
  const user = async (client: ApiClient, name: string) => {
    for (let n = 1; !over.signal.aborted; n++) {
      const accepted = await attempt('create', () =>
        createCluster(client, { name: `${name}-${n}`, profile: 'aws-minimal-test', team: name }),
      );
      if (accepted) created.push({ id: accepted.cluster.id, jobId: accepted.job.id });
      for (let look = 0; look < 8; look++) {
        if (accepted) await attempt('get', () => getCluster(client, accepted.cluster.id));
        await attempt('list', () => client.GET('/v1/clusters', {}));
        await delay(60);
      }
    }
  };
  const url = `http://${balancer.host}`;
  const users = Array.from({ length: 4 }, (_, n) => user(site.clientOf(url), `team${n + 1}`));

  for (const seat of seats) {
    const { role, server } = seat;
    const exit = server.stop();
    // Its successor runs already when it is gone: a deployment with one more than it needs.
    Object.assign(seat, await open(role));
    expect(await exit, server.log()).toBe(0);
    if (role === 'api') balancer.remove(server.url);
  }
  over.abort();
  await Promise.all(users);
  await eventually(
    'every job ends',
    async () => (await countRows(database.url, 'jobs', 'ended_at is null')) === 0,
  );

  const jobs = await Promise.all(
    created.map(
      async ({ jobId }) =>
        (await site.client(apiOf(seats)).GET('/v1/jobs/{id}', { params: { path: { id: jobId } } })).data,
    ),
  );
  process.stdout.write(
    `rolling restart: ${requests} requests, ${failures.length} failed, ${balancer.refused} connections refused; ${created.length} creates, ${jobs.filter(({ status }) => status === 'SUCCEEDED').length} succeeded, ${jobs.filter(({ attempt }) => attempt > 1).length} with more than one attempt\n`,
  );
  expect(failures).toEqual([]);
  expect(balancer.refused).toBe(0);
  expect(created.length).toBeGreaterThan(10);
  expect(jobs.filter(({ status, attempt }) => status !== 'SUCCEEDED' || attempt !== 1)).toEqual([]);
});

function apiOf(seats: readonly { role: string; server: ServerProcess }[]): ServerProcess {
  const api = seats.find(({ role }) => role === 'api');
  if (api === undefined) throw new Error('an API is among the seats');
  return api.server;
}
