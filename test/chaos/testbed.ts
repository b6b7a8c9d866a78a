import { onTestFailed } from 'vitest';
import type { ApiClient } from '../../src/client/api-client.ts';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import type { Stage } from '../../src/sandbox/faults/stages.ts';
import { eventually } from '../e2e/eventually.ts';
import { ENTRY } from '../e2e/server-process.ts';
import { type PostgresServer, startPostgresServer } from '../setup/postgres-server.ts';
import { LEASE_MS } from './fleet.ts';
import { MarathonInstallation, type ServerSlot } from './marathon/installation.ts';
import { Random } from './marathon/random.ts';
import type { Ledger } from './marathon/users.ts';
import { countRows, executeSql } from './sql.ts';
import { SyncPoints } from './sync-points.ts';

/** At the boundary of a phase, or inside the installer at one of its stages. */
export type Moment = readonly ['phase', string] | readonly ['installer', Stage];

/** One job that is held at a moment. */
export interface Hold {
  reached(): Promise<void>;
  release(): Promise<void>;
}

/** An installation on a PostgreSQL server of its own, which can be killed: one API and janitor, and two workers. */
export class Testbed {
  readonly postgres: PostgresServer;
  readonly databaseUrl: string;
  readonly installation: MarathonInstallation;
  readonly syncPoints: SyncPoints;
  readonly random = new Random(1);
  readonly ledger: Ledger = { creates: [], destroys: new Set() };

  private constructor(
    postgres: PostgresServer,
    databaseUrl: string,
    installation: MarathonInstallation,
    syncPoints: SyncPoints,
  ) {
    this.postgres = postgres;
    this.databaseUrl = databaseUrl;
    this.installation = installation;
    this.syncPoints = syncPoints;
  }

  static async open(): Promise<Testbed> {
    const postgres = await startPostgresServer();
    await executeSql(postgres.url, 'create database chaos');
    const databaseUrl = postgres.url.replace(/postgres$/, 'chaos');
    const installation = new MarathonInstallation(databaseUrl, LEASE_MS, ENTRY);
    await installation.open('api');
    await installation.recordLateWrites();
    const syncPoints = await SyncPoints.install(databaseUrl);
    await Promise.all([installation.open('worker'), installation.open('worker')]);
    return new Testbed(postgres, databaseUrl, installation, syncPoints);
  }

  /** Shows what the servers said when the test that runs now fails. */
  showLogsOnFailure(): void {
    onTestFailed(() => void process.stderr.write(`${this.installation.site.logs()}\n`));
  }

  get api(): ServerSlot {
    const [seat] = this.installation.slots;
    if (seat === undefined) throw new Error('the first seat is the API');
    return seat;
  }

  get client(): ApiClient {
    const { client } = this.api;
    if (client === undefined) throw new Error('the API is not there');
    return client;
  }

  /** Arranges that the next job of the type on the cluster stops at the moment. */
  async holdAt(clusterName: string, type: 'CREATE' | 'DESTROY', [kind, point]: Moment): Promise<Hold> {
    const { installation, syncPoints } = this;
    if (kind === 'phase') {
      const syncPoint = await syncPoints.holdAt(`${clusterName} ${type} ${point}`);
      return { reached: () => syncPoint.reached(), release: () => syncPoint.release() };
    }
    const id = `${clusterName}-${point}`;
    await installation.setFaultsOf(clusterName, [
      { id, stage: point, kind: 'hang', times: 1, match: { clusterName } },
    ]);
    const struck = async () =>
      (await readFaults(installation.site.cloudDir)).some(({ fault, used }) => fault.id === id && used > 0);
    return {
      reached: async () =>
        void (await eventually(`an installer of ${clusterName} hangs at ${point}`, struck)),
      release: () => installation.setFaultsOf(clusterName, []),
    };
  }

  /** Moves the database's clock under everybody who uses it: no session ends, as none would when an operator sets the time. */
  async moveClock(byMs: number): Promise<void> {
    const { installation } = this;
    const { rows } = await installation.pool.query<{ body: string }>(
      "select prosrc as body from pg_proc where proname = 'clock_now'",
    );
    await installation.pool.query(
      `create or replace function clock_now() returns timestamptz language sql stable parallel safe as $$${rows[0]?.body} + interval '${byMs} ms'$$`,
    );
  }

  /** Of these jobs those that have not ended and are still in their first attempt. */
  async unaffectedJobs(jobIds: readonly string[]): Promise<string[]> {
    return this.#jobsWhere('attempt = 1 and ended_at is null', jobIds);
  }

  /** Of these jobs those that needed more than one attempt. */
  async retriedJobs(jobIds: readonly string[]): Promise<string[]> {
    return this.#jobsWhere('attempt > 1', jobIds);
  }

  /** How many leases workers have had: one more after each that was lost. */
  countLeases(): Promise<number> {
    return countRows(this.databaseUrl, 'workers');
  }

  async #jobsWhere(condition: string, jobIds: readonly string[]): Promise<string[]> {
    const { pool } = this.installation;
    const text = `select id from jobs where id = any($1) and ${condition}`;
    return (await pool.query<{ id: string }>(text, [jobIds])).rows.map(({ id }) => id);
  }

  async close(): Promise<void> {
    await this.syncPoints.releaseAll();
    await this.installation.close();
    await this.postgres.stop();
  }
}
