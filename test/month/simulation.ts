import { z } from 'zod';
import { idempotencyKey } from '../../src/client/api-client.ts';
import { ApiError } from '../../src/client/api-error.ts';
import { createCluster, destroyCluster } from '../e2e/clusters.ts';
import type { LifeOfCluster } from './cost.ts';
import { type ClusterFacts, type MonthInstallation, PROFILE } from './installation.ts';
import { type Action, type Plan, type PlannedCluster, TEAMS } from './plan.ts';
import type { Receiver } from './receiver.ts';
import { isWorking, nextChange } from './working-hours.ts';

const HOUR_MS = 3_600_000;
/** How long before the deadline the profile warns. */
const WARNING_MS = HOUR_MS;
const MINUTE_MS = 60_000;
/** The clock stops at most a minute after a deadline, and what is due then takes seconds. */
const LATE_MS = 2 * MINUTE_MS;

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
  readonly #installation: MonthInstallation;
  readonly #plan: Plan;
  readonly #receiver: Receiver;
  readonly #changes = new Map<string, Date>();
  #now: Date;
  /** What the database says at the end of a step. */
  #clock = new Date(0);

  constructor(installation: MonthInstallation, plan: Plan, receiver: Receiver) {
    [this.#installation, this.#plan, this.#receiver] = [installation, plan, receiver];
    this.#now = plan.start;
  }

  async start(servers: number): Promise<void> {
    await this.#jump(this.#plan.start);
    await this.#installation.start(servers);
    await this.#installation.rememberEvents();
    const { client } = this.#installation;
    const params = { header: { 'idempotency-key': idempotencyKey() } };
    const url = await this.#receiver.listen();
    const { data } = await client.POST('/v1/admin/notifications', {
      params,
      body: { name: 'month', kind: 'webhook', url },
    });
    if (!('signingSecret' in data) || data.signingSecret === null)
      throw new Error('a target without a secret');
    this.#receiver.signedWith(data.signingSecret);
    for (const [team, hours] of Object.entries(TEAMS)) {
      if (hours === undefined) continue;
      const schedule = { ...hours, days: [...hours.days] as ('mon' | 'sat')[] };
      await client.POST('/v1/offhours', {
        params: { header: { 'idempotency-key': idempotencyKey() } },
        body: { team, ...schedule },
      });
      this.#changes.set(team, nextChange(hours, this.#now));
    }
  }

  get now(): Date {
    return this.#now;
  }

  async run(): Promise<void> {
    while (this.#now < this.#plan.end) await this.#step(this.#nextEvent());
  }

  /** What the transitions and the events say of each cluster. */
  async lives(): Promise<(LifeOfCluster & { id: string })[]> {
    const rows = await this.#installation.query(
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

  /** The time passes until every notification is delivered. */
  async settle(): Promise<void> {
    for (let hours = 0; hours < 200; hours += 8) {
      const [row] = await this.#installation.query(
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
      await this.#installation.restart(server, isKilled);
    await this.#installation.rest(at);
    this.facts = await this.#installation.readClusters();
    for (const planned of this.#plan.clusters) {
      if (isDue(planned.createAt, from, at)) await this.#create(planned);
      for (const { at: when, action } of planned.actions)
        if (isDue(when, from, at)) await this.#act(planned, action);
    }
    await this.#installation.rest(at);
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
    await this.#installation.moveClock(at);
    for (const [team, change] of this.#changes) {
      const hours = TEAMS[team];
      if (hours === undefined || change > at) continue;
      this.#changes.set(team, nextChange(hours, at));
      for (const known of this.known.values()) if (known.planned.team === team) known.byHand = undefined;
    }
  }

  async #create(planned: PlannedCluster): Promise<void> {
    const { name, team, ttlHours, workers, offhours } = planned;
    const body = { name, team, profile: PROFILE, ttlHours, workers, offhours };
    await createCluster(this.#installation.client, body);
    this.known.set(name, { planned, workers, byHand: undefined, createdAt: this.#now });
  }

  async #act({ name, team }: PlannedCluster, action: Action): Promise<void> {
    const cluster = this.facts.find((facts) => facts.name === name);
    const known = this.known.get(name);
    // It expired before its user came to it.
    if (cluster === undefined || known === undefined || cluster.status !== 'READY') return;
    const params = { path: { id: cluster.id }, header: { 'idempotency-key': idempotencyKey() } };
    if (action.kind === 'destroy') await destroyCluster(this.#installation.client, cluster.id);
    else if (action.kind === 'extend') {
      const extended = this.#installation.client.POST('/v1/clusters/{id}/extend', {
        params,
        body: { byHours: action.byHours },
      });
      await extended.catch(ignoreRefusal);
    } else if (action.workers !== cluster.workers) {
      const { workers } = action;
      await this.#installation.client.POST('/v1/clusters/{id}/scale-workers', { params, body: { workers } });
      const hours = TEAMS[team];
      const isNight = known.planned.offhours && hours !== undefined && !isWorking(hours, this.#now);
      if (isNight) known.byHand = workers;
      else known.workers = workers;
    }
  }

  async #check(): Promise<void> {
    this.#clock = await this.#installation.readClock();
    this.facts = await this.#installation.readClusters();
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
}

/** What an event of the plan means when the clock was moved from one time to another. */
function isDue(at: Date, from: Date, to: Date): boolean {
  return at > from && at <= to;
}

/** The profile bounds the whole lifetime: no user extends for ever. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 422)) throw error;
}
