import * as z from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Dispatcher } from '../../kernel/jobs/dispatcher.ts';
import type { Log } from '../../kernel/telemetry/log.ts';
import { EDGE_TOPIC } from '../service/app-services.ts';
import { readGeneration, readRoutes, removeEdge, reportEdge } from '../store/edge.sql.ts';
import { addTraffic } from '../store/samples.sql.ts';
import type { EdgeRoute, EdgeState } from './edge-state.ts';
import type { RunningEdge } from './proxy/create-edge.ts';
import { TrafficReport } from './traffic-report.ts';

/** Between two reads of the generation when no wake-up comes. */
const POLL_MS = 1_000;
/** Between two reports: an edge that does not report for 10 s is not waited for. */
const REPORT_MS = 2_000;
/** Between two reports of what passed to services (P17). */
const TRAFFIC_MS = 15_000;
/** While requests are in progress at instances that left. */
const DRAIN_REPORT_MS = 100;
/** Until WebSockets of an instance that left are closed: their clients connect again, and reach the new one. */
const LONG_LIVED_MS = 1_000;
const MAX_IN_FLIGHT = 1_000;
const MAX_BODY_BYTES = 100 * 1024 * 1024;
const RESPONSE_TIMEOUT_MS = 60_000;

export interface EdgeRoleOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly dispatcher: Pick<Dispatcher, 'onEvents'>;
  readonly log: Log;
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly domain: string;
  /** With `*` where the label of a service is. */
  readonly baseUrl: string;
  readonly edge: RunningEdge;
}

const upstreamsSchema = z.array(z.object({ id: z.string(), host: z.string(), port: z.int() }));

/**
 * Keeps the edge at the newest generation and reports what it has applied. While the database is away it goes on with what it knows.
 */
export class EdgeRole {
  readonly #o: EdgeRoleOptions;
  readonly #stopped = new AbortController();
  readonly #leaving = new Map<string, number>();
  readonly #traffic = new TrafficReport();
  #upstreams = new Set<string>();
  #news = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: EdgeRoleOptions) {
    this.#o = options;
  }

  async start(): Promise<void> {
    const unsubscribe = this.#o.dispatcher.onEvents((ids) => {
      if (ids.length === 0 || ids.includes(EDGE_TOPIC)) this.#news.abort();
    });
    await this.#refresh();
    await this.#report();
    this.#running = this.#run().finally(unsubscribe);
  }

  /** Takes no more requests, waits for those in progress, and is no longer waited for by deploys. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    await this.#o.edge.close(graceMs);
    await this.#reportTraffic().catch((error) => this.#warn(error));
    await this.#o.db.query(removeEdge, { id: this.#o.id }).catch((error) => this.#warn(error));
  }

  async #run(): Promise<void> {
    const { clock } = this.#o;
    let reportedMs = clock.monotonicMs();
    let trafficMs = reportedMs;
    while (!this.#stopped.signal.aborted) {
      const isDraining = this.#leaving.size > 0;
      const wake = AbortSignal.any([this.#news.signal, this.#stopped.signal]);
      await clock.sleep(isDraining ? DRAIN_REPORT_MS : POLL_MS, wake).catch(() => {});
      if (this.#stopped.signal.aborted) return;
      try {
        this.#news = new AbortController();
        const hasChanged = await this.#refresh();
        this.#endLongLived();
        if (clock.monotonicMs() - trafficMs >= TRAFFIC_MS) {
          trafficMs = clock.monotonicMs();
          await this.#reportTraffic();
        }
        const isDue = clock.monotonicMs() - reportedMs >= REPORT_MS;
        if (!hasChanged && !isDraining && !isDue) continue;
        await this.#report();
        reportedMs = clock.monotonicMs();
      } catch (error) {
        this.#warn(error);
        await clock.sleep(POLL_MS, this.#stopped.signal).catch(() => {});
      }
    }
  }

  /** @returns whether there was something new */
  async #refresh(): Promise<boolean> {
    const { db, edge, domain, clock } = this.#o;
    const [current] = await db.query(readGeneration, {});
    if (current === undefined || current.generation === edge.generation) return false;
    const state = stateOf(await db.query(readRoutes, {}), domain);
    const upstreams = new Set(state.routes.flatMap((route) => route.upstreams.map(({ id }) => id)));
    for (const id of this.#upstreams) if (!upstreams.has(id)) this.#leaving.set(id, clock.monotonicMs());
    this.#upstreams = upstreams;
    edge.apply(state);
    return true;
  }

  #endLongLived(): void {
    const { edge, clock } = this.#o;
    const inFlight = edge.inFlight();
    for (const [id, sinceMs] of this.#leaving) {
      if (clock.monotonicMs() - sinceMs >= LONG_LIVED_MS) edge.closeLongLived(id);
      if ((inFlight.get(id) ?? 0) === 0) this.#leaving.delete(id);
    }
  }

  async #report(): Promise<void> {
    const { db, id, host, pid, baseUrl, edge } = this.#o;
    const inFlight = Object.fromEntries([...edge.inFlight()].filter(([, count]) => count > 0));
    await db.query(reportEdge, { id, host, pid, baseUrl, generation: edge.generation, inFlight });
  }

  async #reportTraffic(): Promise<void> {
    const { db, edge } = this.#o;
    this.#traffic.add(edge.takeTraffic());
    await this.#traffic.send((traffic) => db.query(addTraffic, { traffic }));
  }

  #warn(error: unknown): void {
    this.#o.log.warn(
      { error: messageOf(error) },
      'the edge cannot read its routes; it goes on with those that it has',
    );
  }
}

type RouteRow = RowOf<typeof readRoutes>;

function stateOf(rows: readonly RouteRow[], domain: string): EdgeState {
  return {
    generation: rows[0]?.generation ?? 0,
    routes: rows.flatMap((row) => routeOf(row, domain)),
  };
}

function routeOf(row: RouteRow, domain: string): EdgeRoute[] {
  const { serviceId, hostLabel } = row;
  if (serviceId === null || hostLabel === null) return [];
  return [
    {
      host: `${hostLabel}.${domain}`,
      serviceId,
      upstreams: upstreamsSchema.parse(row.upstreams),
      maxInFlight: MAX_IN_FLIGHT,
      maxBodyBytes: MAX_BODY_BYTES,
      responseTimeoutMs: RESPONSE_TIMEOUT_MS,
      ...reasonOf(row),
    },
  ];
}

/** Why a service without instances has none, if that is more than that none is ready. */
function reasonOf({ replicas, crashedAt, liveReleaseId }: RouteRow): Pick<EdgeRoute, 'unavailable'> {
  if (crashedAt !== null) return { unavailable: 'crashed' };
  if (liveReleaseId === null) return { unavailable: 'not-deployed' };
  return replicas === 0 ? { unavailable: 'stopped' } : {};
}
