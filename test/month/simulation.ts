import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import { type ApiClient, idempotencyKey } from '../../src/client/api-client.ts';
import { ApiError } from '../../src/client/api-error.ts';
import { createCluster, destroyCluster } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import type { PostgresSite } from '../e2e/open-site.ts';
import type { ServerProcess } from '../e2e/server-process.ts';
import type { LifeOfCluster } from './cost.ts';
import { type Action, type Plan, type PlannedCluster, TEAMS } from './plan.ts';
import type { Receiver } from './receiver.ts';
import { isWorking, nextChange } from './working-hours.ts';

export const PROFILE = 'aws-month';
const SHIPPED = fileURLToPath(new URL('../../profiles/aws-minimal-test.yaml', import.meta.url));
const HOUR_MS = 3_600_000;
/** How long before the deadline the profile warns. */
const WARNING_MS = HOUR_MS;
const MINUTE_MS = 60_000;
/** The clock stops at most a minute after a deadline, and what is due then takes seconds. */
const LATE_MS = 2 * MINUTE_MS;

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

const LIVES = z.array(z.object({ id: z.string(), from: z.date(), to: z.date() }));

/** What users know of their cluster. */
interface Known {
  readonly planned: PlannedCluster;
  /** As many workers as it has in hours. */
  workers: number;
  /** Scaled by hand outside of the hours: until the hours change. */
  byHand: number | undefined;
  /** The schedule comes to it with the next run of its task. */
  readonly createdAt: Date;
}

/** A month of an installation of several servers, from one event of the plan, deadline or change of working hours to the next. */
export class Simulation {
  readonly violations: string[] = [];
  readonly known = new Map<string, Known>();
  facts: ClusterFacts[] = [];
  steps = 0;
  readonly #o: PostgresSite;
  readonly #plan: Plan;
  readonly #receiver: Receiver;
  readonly #servers: ServerProcess[] = [];
  readonly #changes = new Map<string, Date>();
  #now: Date;
  /** What the database says at the end of a step. */
  #clock = new Date(0);

  constructor(installation: PostgresSite, plan: Plan, receiver: Receiver) {
    [this.#o, this.#plan, this.#receiver, this.#now] = [installation, plan, receiver, plan.start];
  }

  async start(servers: number): Promise<void> {
    const { site } = this.#o;
    mkdirSync(join(site.folder, 'profiles'));
    writeFileSync(join(site.folder, 'profiles', `${PROFILE}.yaml`), profile());
    await this.#jump(this.#plan.start);
    for (let count = 0; count < servers; count++) this.#servers.push(await this.#startServer());
    const params = { header: { 'idempotency-key': idempotencyKey() } };
    const url = await this.#receiver.listen();
    const { data } = await this.client.POST('/v1/admin/notifications', {
      params,
      body: { name: 'month', kind: 'webhook', url },
    });
    if (!('signingSecret' in data) || data.signingSecret === null)
      throw new Error('a target without a secret');
    this.#receiver.signedWith(data.signingSecret);
    for (const [team, hours] of Object.entries(TEAMS)) {
      if (hours === undefined) continue;
      const schedule = { ...hours, days: [...hours.days] as ('mon' | 'sat')[] };
      await this.client.POST('/v1/offhours', {
        params: { header: { 'idempotency-key': idempotencyKey() } },
        body: { team, ...schedule },
      });
      this.#changes.set(team, nextChange(hours, this.#now));
    }
  }

  get client(): ApiClient {
    const [server] = this.#servers;
    if (server === undefined) throw new Error('no server runs');
    return this.#o.site.client(server);
  }

  async run(): Promise<void> {
    while (this.#now < this.#plan.end) await this.#step(this.#nextEvent());
  }

  /** What the transitions and the events say of each cluster. */
  async lives(): Promise<(LifeOfCluster & { id: string })[]> {
    const rows = await this.query(
      `select cluster_id as id, min(at) filter (where to_status = 'CREATING') as "from", max(at) filter (where to_status = 'DESTROYED') as "to"
       from cluster_transitions group by 1`,
    );
    const events = [...this.#receiver.events.values()];
    return LIVES.parse(rows).map((life) => ({
      ...life,
      workers: this.known.get(this.facts.find(({ id }) => id === life.id)?.name ?? '')?.planned.workers ?? 0,
      scales: events
        .filter(({ type, subject }) => type.endsWith('cluster.scaled') && subject === life.id)
        .map(({ time, data }) => ({ at: new Date(time), workers: Number(data['to']) })),
    }));
  }

  /** The dollars that the usage report says, of each cluster. */
  async reportedCost(): Promise<{ key: string; cost: number }[]> {
    const items: { key: string; cost: number }[] = [];
    for (let cursor: string | undefined; ; ) {
      const { data } = await this.client.GET('/v1/reports/usage', {
        params: {
          query: {
            from: this.#plan.start.toISOString(),
            to: this.#now.toISOString(),
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

  /** The time passes until every notification is delivered. */
  async settle(): Promise<void> {
    for (let hours = 0; hours < 200; hours += 8) {
      const [row] = await this.query(
        "select count(*)::int4 as open from notification_deliveries where status = 'PENDING'",
      );
      if (row?.['open'] === 0) return;
      await this.#step(new Date(this.#now.getTime() + 8 * HOUR_MS));
    }
    this.violations.push('notifications are still not delivered after days');
  }

  async #step(at: Date): Promise<void> {
    const from = this.#now;
    await this.#jump(at);
    for (const { server, isKilled } of this.#plan.restarts.filter((restart) => isDue(restart.at, from, at)))
      await this.#restart(server, isKilled);
    await this.#quiet();
    for (const planned of this.#plan.clusters) {
      if (isDue(planned.createAt, from, at)) await this.#create(planned);
      for (const { at: when, action } of planned.actions)
        if (isDue(when, from, at)) await this.#act(planned, action);
    }
    await this.#quiet();
    await this.#check();
    this.steps++;
  }

  #nextEvent(): Date {
    const planned = this.#plan.clusters.flatMap(({ createAt, actions }) => [
      createAt,
      ...actions.map(({ at }) => at),
    ]);
    const deadlines = this.facts
      .filter(({ status }) => status !== 'DESTROYED')
      .flatMap(({ destroyAt }) => [destroyAt, new Date(destroyAt.getTime() - WARNING_MS)]);
    const restarts = this.#plan.restarts.map(({ at }) => at);
    const events = [...planned, ...deadlines, ...restarts, ...this.#changes.values(), this.#plan.end];
    const next = Math.min(...events.map(Number).filter((ms) => ms > this.#now.getTime()));
    // Time has passed since the last event. It never goes back, and every task of a minute is due again.
    return new Date(Math.max(next, this.#clock.getTime() + MINUTE_MS));
  }

  /** Moves the clock of the database, which every server decides by. */
  async #jump(at: Date): Promise<void> {
    this.#now = at;
    await this.#o.moveClock(`${at.getTime() - Date.now()} milliseconds`);
    for (const [team, change] of this.#changes) {
      const hours = TEAMS[team];
      if (hours === undefined || change > at) continue;
      this.#changes.set(team, nextChange(hours, at));
      for (const known of this.known.values()) if (known.planned.team === team) known.byHand = undefined;
    }
  }

  #startServer(): Promise<ServerProcess> {
    return this.#o.site.start({ args: ['--profiles', 'profiles', '--concurrency', '4'] });
  }

  async #restart(index: number, isKilled: boolean): Promise<void> {
    const [server] = this.#servers.splice(index, 1);
    await (isKilled ? server?.kill() : server?.stop());
    this.#servers.splice(index, 0, await this.#startServer());
  }

  /** Until every task has run since the clock was moved, and no job is left to do. */
  async #quiet(): Promise<void> {
    let left: unknown;
    await eventually(
      'the installation is at rest',
      async () => {
        [left] = await this.query(
          `select (select count(*)::int4 from jobs where ended_at is null) as jobs,
             (select string_agg(name, ' ') from tasks where lease_until is not null or next_run_at <= $1) as tasks`,
          [this.#now],
        );
        const { jobs, tasks } = left as { jobs: number; tasks: string | null };
        return jobs === 0 && tasks === null;
      },
      { explain: () => `${this.#now.toISOString()} ${JSON.stringify(left)}` },
    );
  }

  async #create(planned: PlannedCluster): Promise<void> {
    const { name, team, ttlHours, workers, offhours } = planned;
    const body = { name, team, profile: PROFILE, ttlHours, workers, offhours };
    await createCluster(this.client, body);
    this.known.set(name, { planned, workers, byHand: undefined, createdAt: this.#now });
  }

  async #act({ name, team }: PlannedCluster, action: Action): Promise<void> {
    const cluster = this.facts.find((facts) => facts.name === name);
    const known = this.known.get(name);
    // It expired before its user came to it.
    if (cluster === undefined || known === undefined || cluster.status !== 'READY') return;
    const params = { path: { id: cluster.id }, header: { 'idempotency-key': idempotencyKey() } };
    if (action.kind === 'destroy') await destroyCluster(this.client, cluster.id);
    else if (action.kind === 'extend') {
      const extended = this.client.POST('/v1/clusters/{id}/extend', {
        params,
        body: { byHours: action.byHours },
      });
      await extended.catch(ignoreRefusal);
    } else if (action.workers !== cluster.workers) {
      const { workers } = action;
      await this.client.POST('/v1/clusters/{id}/scale-workers', { params, body: { workers } });
      const hours = TEAMS[team];
      const isNight = known.planned.offhours && hours !== undefined && !isWorking(hours, this.#now);
      if (isNight) known.byHand = workers;
      else known.workers = workers;
    }
  }

  async #check(): Promise<void> {
    const [time] = await this.query('select clock_now() as now');
    this.#clock = z.date().parse(time?.['now']);
    const rows = await this.query(
      `select id, name, status, destroy_at as "destroyAt", worker_replicas as workers, clock_now() as at from clusters order by name`,
    );
    this.facts = FACTS.parse(rows);
    for (const cluster of this.facts) {
      const known = this.known.get(cluster.name);
      if (known === undefined) continue;
      const what = `${cluster.at.toISOString()} ${cluster.name} (${known.planned.team})`;
      const lateMs = cluster.at.getTime() - cluster.destroyAt.getTime();
      if (cluster.status !== 'DESTROYED' && lateMs > LATE_MS)
        this.violations.push(`${what} is alive ${lateMs} ms after its deadline`);
      const expected = this.#expectedWorkers(known);
      const isNew = known.createdAt === this.#now;
      if (cluster.status === 'READY' && !isNew && cluster.workers !== expected)
        this.violations.push(`${what} has ${cluster.workers} workers, expected ${expected}`);
      if (cluster.status !== 'READY' && cluster.status !== 'DESTROYED')
        this.violations.push(`${what} is ${cluster.status}`);
    }
  }

  #expectedWorkers({ planned, workers, byHand }: Known): number {
    const hours = TEAMS[planned.team];
    if (!planned.offhours || hours === undefined || isWorking(hours, this.#now)) return workers;
    return byHand ?? 0;
  }

  /** On a connection of its own: those that were there before the clock was moved are gone. */
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

/** What an event of the plan means when the clock was moved from one time to another. */
function isDue(at: Date, from: Date, to: Date): boolean {
  return at > from && at <= to;
}

/** The profile bounds the whole lifetime: no user extends for ever. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 422)) throw error;
}

function profile(): string {
  return readFileSync(SHIPPED, 'utf8')
    .replace('name: aws-minimal-test', `name: ${PROFILE}`)
    .replace(/maxReplicas: 3/, 'maxReplicas: 4')
    .replace(/maxMonthlyCost: .*/, 'maxMonthlyCost: 100000');
}
