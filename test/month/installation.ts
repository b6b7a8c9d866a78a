import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import type { ApiClient } from '../../src/client/api-client.ts';
import { eventually } from '../e2e/eventually.ts';
import type { PostgresSite } from '../e2e/open-site.ts';
import type { ServerProcess } from '../e2e/server-process.ts';

export const PROFILE = 'aws-month';
const SHIPPED = fileURLToPath(new URL('../../profiles/aws-minimal-test.yaml', import.meta.url));

const FACTS = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    destroyAt: z.date(),
    workers: z.number(),
    at: z.date(),
  }),
);
export type ClusterFacts = z.infer<typeof FACTS>[number];

/** The servers of an installation whose clock the simulation moves. */
export class MonthInstallation {
  readonly #o: PostgresSite;
  readonly #servers: ServerProcess[] = [];

  constructor(site: PostgresSite) {
    this.#o = site;
  }

  async start(servers: number): Promise<void> {
    const { site } = this.#o;
    mkdirSync(join(site.folder, 'profiles'));
    writeFileSync(join(site.folder, 'profiles', `${PROFILE}.yaml`), profile());
    for (let count = 0; count < servers; count++) this.#servers.push(await this.#startServer());
  }

  get client(): ApiClient {
    const [server] = this.#servers;
    if (server === undefined) throw new Error('no server runs');
    return this.#o.site.client(server);
  }

  /** Moves the clock of the database, which every server decides by. */
  moveClock(to: Date): Promise<void> {
    return this.#o.moveClock(`${to.getTime() - Date.now()} milliseconds`);
  }

  async readClock(): Promise<Date> {
    const [time] = await this.query('select clock_now() as now');
    return z.date().parse(time?.['now']);
  }

  async readClusters(): Promise<ClusterFacts[]> {
    const rows = await this.query(
      `select id, name, status, destroy_at as "destroyAt", worker_replicas as workers, clock_now() as at from clusters order by name`,
    );
    return FACTS.parse(rows);
  }

  #startServer(): Promise<ServerProcess> {
    return this.#o.site.start({ args: ['--profiles', 'profiles', '--concurrency', '4'] });
  }

  async restart(index: number, isKilled: boolean): Promise<void> {
    const [server] = this.#servers.splice(index, 1);
    await (isKilled ? server?.kill() : server?.stop());
    this.#servers.splice(index, 0, await this.#startServer());
  }

  /** Until every task of a minute has begun a run since a time, every other has run that was due, and no job is left to do. */
  async rest(since: Date): Promise<void> {
    let left: unknown;
    await eventually(
      'the installation is at rest',
      async () => {
        [left] = await this.query(
          `select (select count(*)::int4 from jobs where ended_at is null) as jobs,
             (select string_agg(name, ' ') from tasks where lease_until is not null or next_run_at <= $1
                or (interval_ms <= 60000 and last_run_at < $1)) as tasks`,
          [since],
        );
        const { jobs, tasks } = left as { jobs: number; tasks: string | null };
        return jobs === 0 && tasks === null;
      },
      { explain: () => `${since.toISOString()} ${JSON.stringify(left)}` },
    );
  }

  /** The dollars that the usage report says, of each cluster. */
  async reportCost(from: Date, to: Date): Promise<{ key: string; cost: number }[]> {
    const items: { key: string; cost: number }[] = [];
    for (let cursor: string | undefined; ; ) {
      const { data } = await this.client.GET('/v1/reports/usage', {
        params: {
          query: {
            from: from.toISOString(),
            to: to.toISOString(),
            groupBy: 'cluster',
            limit: 200,
            ...(cursor === undefined ? {} : { cursor }),
          },
        },
      });
      items.push(...data.items);
      if (data.nextCursor === null) return items;
      cursor = data.nextCursor;
    }
  }

  /** On a connection of its own: those that were there before the clock was moved are gone. */
  /** Remembers the id of each event that is published from now on: retention removes the events themselves after 30 days. */
  async rememberEvents(): Promise<void> {
    await this.query(`
      create table published_events (id text primary key);
      create function remember_event() returns trigger language plpgsql as
        $$ begin insert into published_events values (new.id); return null; end $$;
      create trigger remember_event after insert on notification_events for each row execute function remember_event();`);
  }

  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.#o.databaseUrl);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
}

function profile(): string {
  return readFileSync(SHIPPED, 'utf8')
    .replace('name: aws-minimal-test', `name: ${PROFILE}`)
    .replace(/maxReplicas: 3/, 'maxReplicas: 4')
    .replace(/maxMonthlyCost: .*/, 'maxMonthlyCost: 100000');
}
