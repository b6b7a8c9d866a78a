import pg from 'pg';
import type { ApiClient } from '../../../src/client/client.ts';
import type { FaultInput } from '../../../src/sandbox/faults.ts';
import type { ServerProcess } from '../../e2e/server-process.ts';
import { Site } from '../../e2e/site.ts';

export type Role = 'api' | 'worker';

export interface Seat {
  readonly role: Role;
  server: ServerProcess;
  client: ApiClient | undefined;
}

/** The servers of one run: a fixed number of seats, in which processes come and go. */
export class Installation {
  readonly site: Site;
  readonly pool: pg.Pool;
  readonly seats: Seat[] = [];
  readonly leaseMs: number;
  #faults = new Map<string, readonly FaultInput[]>();
  #writing: Promise<void> = Promise.resolve();

  constructor(databaseUrl: string, leaseMs: number) {
    this.leaseMs = leaseMs;
    this.site = new Site({
      DATABASE_URL: databaseUrl,
      OCPCTL_LEASE_MS: String(leaseMs),
      OCPCTL_SANDBOX_SETTLE_MS: '400',
      OCPCTL_LOG_LEVEL: 'warn',
    });
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 3 });
    // A session that a crash of the database ends is replaced by the next query.
    this.pool.on('error', () => {});
  }

  async open(role: Role): Promise<void> {
    const seat: Seat = { role, server: this.#launch(role), client: undefined };
    this.seats.push(seat);
    await this.#settle(seat);
  }

  /** Puts a new process into the seat of one that ended. */
  async reopen(seat: Seat): Promise<void> {
    for (;;) {
      seat.client?.close();
      seat.client = undefined;
      seat.server = this.#launch(seat.role);
      // The database may be in recovery: a service manager would start it again as well.
      if (
        await this.#settle(seat).then(
          () => true,
          () => false,
        )
      )
        return;
    }
  }

  of(role: Role): Seat[] {
    return this.seats.filter((seat) => seat.role === role && seat.server.isRunning);
  }

  clients(): ApiClient[] {
    return this.seats.flatMap(({ client }) => (client === undefined ? [] : [client]));
  }

  /** Adds or, with an empty list, takes away the faults of one cluster. */
  setFaultsOf(clusterName: string, faults: readonly FaultInput[]): Promise<void> {
    if (faults.length > 0) this.#faults.set(clusterName, faults);
    else this.#faults.delete(clusterName);
    this.#writing = this.#writing.then(() => this.site.setFaults(...[...this.#faults.values()].flat()));
    return this.#writing;
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.site.close();
  }

  #launch(role: Role): ServerProcess {
    return this.site.launch({
      args: ['--role', role === 'api' ? 'api,janitor' : 'worker', '--concurrency', '4'],
    });
  }

  async #settle(seat: Seat): Promise<void> {
    await seat.server.ready();
    if (seat.role === 'api') seat.client = this.site.client(seat.server);
  }
}
