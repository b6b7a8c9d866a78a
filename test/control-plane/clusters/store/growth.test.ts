import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  listActiveClusters,
  listClusters,
} from '../../../../src/control-plane/clusters/store/clusters.sql.ts';
import { countTeamClusters, listBusyTeams } from '../../../../src/control-plane/clusters/store/quotas.sql.ts';
import { countJobs } from '../../../../src/control-plane/kernel/jobs/metrics.sql.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';

/** Fewer than a page of a listing, which reads until the page is full. */
const ACTIVE = 40;
/** Looking up a row in an index and a table that have grown. */
const PAGES_PER_ROW = 5;
const DESTROYED = 40_000;

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // Triggers would write a transition and an audit event for each.
  await client.query('set session_replication_role = replica');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Clusters with a job each, the newest last. Those that are destroyed are of another owner and days old. */
async function insertClusters(from: number, count: number, isDestroyed: boolean): Promise<void> {
  const [status, ended, owner, age] = isDestroyed
    ? ['DESTROYED', 'now()', 'someone', '30 days']
    : ['READY', 'null', 'ann', '1 minute'];
  await client.query(`
    insert into clusters (id, name, platform, version, profile, region, base_domain, owner, team, cost_center, status, requested_by,
      ttl_hours, destroy_at, requested_tags, effective_tags, offhours_opt_in, on_failure, worker_replicas, hourly_cost, cloud,
      created_at, destroyed_at)
    select 'clu_' || lpad(n::text, 26, '0'), 'c' || n, 'aws', '4.20.0', 'p', 'r', 'd', '${owner}', 'team-' || n % 5, 'cc', '${status}',
      'local:ann', 1, now() + interval '1 hour', '{}', '{}', false, 'destroy', 2, 1, 'sandbox', now() - interval '${age}', ${ended}
    from generate_series(${from}, ${from + count - 1}) n`);
  await client.query(`
    insert into jobs (id, resource_id, resource_name, team, seq, job_type, resource_kind, status, max_attempts, requested_by, ended_at)
    select 'job_' || n, 'clu_' || lpad(n::text, 26, '0'), 'c', 'a', 1, 'cluster.create', 'cluster',
      '${isDestroyed ? 'SUCCEEDED' : 'PENDING'}', 3, 'local:ann', ${ended}
    from generate_series(${from}, ${from + count - 1}) n`);
  await client.query(`
    insert into job_locks (resource_id, head, tail, ready_at)
    select 'clu_' || lpad(n::text, 26, '0'), ${isDestroyed ? 2 : 1}, 1, ${isDestroyed ? 'null' : 'now()'}
    from generate_series(${from}, ${from + count - 1}) n`);
  await client.query('vacuum analyze clusters, jobs, job_locks');
}

/** @returns pages of tables and indexes that a statement read */
async function pagesRead({ text }: { readonly text: string }, params: readonly unknown[]): Promise<number> {
  const { rows } = await client.query(`explain (analyze, buffers, format json) ${text}`, [...params]);
  const plan = rows[0]['QUERY PLAN'][0].Plan;
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

const listed = (filters: { owners?: string[]; expiresBefore?: Date; teams?: string[] }) => [
  ...[filters.teams ?? null, null, null, null, null, filters.owners ?? null, null, null],
  ...[filters.expiresBefore ?? null, null, 51],
];
const READS: Record<string, () => Promise<number>> = {
  'the clusters that are not destroyed': () => pagesRead(listActiveClusters, listed({})),
  'those of a team': () => pagesRead(listActiveClusters, listed({ teams: ['team-1'] })),
  'those that expire before a time': () =>
    pagesRead(listActiveClusters, listed({ expiresBefore: new Date(0) })),
  'the clusters of an owner': () => pagesRead(listClusters, listed({ owners: ['ann'] })),
  'the clusters of an owner who has none': () => pagesRead(listClusters, listed({ owners: ['no-one'] })),
  'what counts against a quota': () => pagesRead(countTeamClusters, ['team-1', '10']),
  'the teams that have something': () => pagesRead(listBusyTeams, [200]),
  'the jobs that have not ended, for metrics': () => pagesRead(countJobs, []),
};

test('M7: listings, quotas and metrics read as much beside 40,000 destroyed clusters as beside 4,000', async () => {
  await insertClusters(0, DESTROYED / 10, true);
  await insertClusters(1_000_000, ACTIVE, false);
  const before = new Map<string, number>();
  for (const [what, read] of Object.entries(READS)) before.set(what, await read());
  await insertClusters(10_000, DESTROYED, true);
  const grown = new Map<string, string>();
  for (const [what, read] of Object.entries(READS)) {
    const [few, many] = [before.get(what) ?? 0, await read()];
    if (many > Math.max(2 * few, PAGES_PER_ROW * ACTIVE)) grown.set(what, `${few} pages, then ${many}`);
  }
  expect(Object.fromEntries(grown)).toEqual({});
});
