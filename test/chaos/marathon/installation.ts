import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { ApiClient } from '../../../src/client/api-client.ts';
import type { FaultInput } from '../../../src/sandbox/faults/faults.ts';
import type { ServerProcess } from '../../e2e/server-process.ts';
import { Site } from '../../e2e/site.ts';
import type { SqsProxy } from '../../setup/sqs-proxy.ts';
import type { DatabaseProxy } from '../database-proxy.ts';
import { Container, containerLauncher } from './container.ts';

export type Role = 'api' | 'worker' | 'janitor' | 'edge';

type DataFolder = 'artifacts' | 'work';

export interface ServerSlot {
  readonly role: Role;
  server: ServerProcess;
  client: ApiClient | undefined;
  /** Its process was killed, and the next one is not there yet. */
  isRestarting: boolean;
  /** The way to the database, where it can be cut. */
  readonly proxy: DatabaseProxy | undefined;
  readonly isContainer: boolean;
  /** Its disk is full or read-only at the moment. */
  isDiskSpoiled: boolean;
}

export interface InstallationOptions {
  /** Environment of the servers. */
  readonly settings?: NodeJS.ProcessEnv;
  /** Whether janitors are processes of their own; otherwise each API is one as well. */
  readonly hasJanitors?: boolean;
  /** In front of the queue of wake-ups, if there is one. */
  readonly queue?: SqsProxy | undefined;
}

export interface SlotOptions {
  readonly proxy?: DatabaseProxy | undefined;
  readonly isContainer?: boolean;
}

/** The servers of one run: a fixed number of seats, in which processes come and go. */
export class MarathonInstallation {
  readonly site: Site;
  readonly pool: pg.Pool;
  readonly slots: ServerSlot[] = [];
  readonly leaseMs: number;
  readonly hasJanitors: boolean;
  readonly queue: SqsProxy | undefined;
  readonly #closed: string;
  #clockMs = 0;
  #faults = new Map<string, readonly FaultInput[]>();
  #writing: Promise<void> = Promise.resolve();

  constructor(
    databaseUrl: string,
    leaseMs: number,
    entry: string,
    { settings: given = {}, hasJanitors = false, queue }: InstallationOptions = {},
  ) {
    this.leaseMs = leaseMs;
    this.hasJanitors = hasJanitors;
    this.queue = queue;
    const settings = {
      DATABASE_URL: databaseUrl,
      OCPCTL_LEASE_MS: String(leaseMs),
      OCPCTL_SANDBOX_SETTLE_MS: '400',
      OCPCTL_LOG_LEVEL: 'info',
      ...given,
    };
    this.site = new Site(settings, entry);
    this.#closed = join(this.site.folder, 'closed');
    writeFileSync(this.#closed, 'no folder');
    for (const folder of ['artifacts', 'work'] as const) {
      mkdirSync(join(this.site.folder, folder), { mode: 0o700 });
      this.openFolder(folder);
    }
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 3 });
    // A session that a crash of the database ends is replaced by the next query.
    this.pool.on('error', () => {});
  }

  async open(role: Role, { proxy, isContainer = false }: SlotOptions = {}): Promise<void> {
    const slot: ServerSlot = {
      role,
      server: this.#launch(role, { proxy, isContainer }),
      client: undefined,
      isRestarting: false,
      proxy,
      isContainer,
      isDiskSpoiled: false,
    };
    this.slots.push(slot);
    await this.#settle(slot);
  }

  /** From now on the database itself notes every write under a fence that is not its lane's: two hands on one cluster. */
  async recordLateWrites(): Promise<void> {
    await this.pool.query(`
      create table late_writes (what text not null);
      create function note_late_write() returns trigger language plpgsql as $$
      begin
        insert into late_writes
        select format('%s on %s under fence %s, its lane was at %s', tg_table_name, new.cluster_id, new.fence, l.fence)
        from job_locks l where l.resource_id = new.cluster_id and l.fence <> new.fence;
        return new;
      end
      $$;
      create trigger note_late_write after insert on cluster_transitions for each row execute function note_late_write();
      create trigger note_late_write after insert on cluster_artifacts for each row execute function note_late_write()`);
  }

  async lateWrites(): Promise<string[]> {
    return (await this.pool.query<{ what: string }>('select what from late_writes')).rows.map(
      ({ what }) => what,
    );
  }

  /** Puts a new process into the seat of one that ended. */
  async reopen(slot: ServerSlot): Promise<void> {
    for (;;) {
      slot.client?.close();
      slot.client = undefined;
      slot.server = this.#launch(slot.role, slot);
      // The database may be in recovery: a service manager would start it again as well.
      if (
        await this.#settle(slot).then(
          () => true,
          () => false,
        )
      )
        return;
    }
  }

  runningSlots(role: Role): ServerSlot[] {
    return this.slots.filter((slot) => slot.role === role && !slot.isRestarting && slot.server.isRunning);
  }

  clients(): ApiClient[] {
    return this.slots.flatMap(({ client }) => (client === undefined ? [] : [client]));
  }

  /** Adds or, with an empty list, takes away the faults of one cluster. */
  setFaultsOf(clusterName: string, faults: readonly FaultInput[]): Promise<void> {
    if (faults.length > 0) this.#faults.set(clusterName, faults);
    else this.#faults.delete(clusterName);
    this.#writing = this.#writing.then(() => this.site.setFaults(...[...this.#faults.values()].flat()));
    return this.#writing;
  }

  /** Moves the clock that every session of the database will see, and ends those that there are. */
  async moveClock(byMs: number): Promise<void> {
    this.#clockMs += byMs;
    await this.pool.query(`alter database chaos set ocpctl.clock_offset = '${Math.round(this.#clockMs)} ms'`);
    await this.pool.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  }

  /** Takes a folder of the data directory away: where it was there is a file, which not even root can write into. */
  closeFolder(folder: DataFolder): void {
    this.#point(folder, this.#closed);
  }

  openFolder(folder: DataFolder): void {
    this.#point(folder, join(this.site.folder, folder));
  }

  /** Work directories that no one removed, and on whose disk they are. */
  litter(): string[] {
    const shared = readdirSync(this.#workFolder).map((name) => `${name} on the shared disk`);
    const own = this.slots.flatMap((slot) => {
      const container = this.containerOf(slot);
      return (container?.workFiles() ?? []).map((name) => `${name} in container ${container?.pid}`);
    });
    return [...shared, ...own];
  }

  containerOf(slot: ServerSlot | undefined): Container | undefined {
    if (slot === undefined || !slot.isContainer) return undefined;
    return Container.find(slot.server.pid, this.site.folder, this.#workFolder);
  }

  /** The process of a server itself; of one in a container, as the host sees it. */
  pidOf(slot: ServerSlot): number {
    return this.containerOf(slot)?.pid ?? slot.server.pid;
  }

  get #workFolder(): string {
    return join(this.site.folder, 'work');
  }

  /** Ends the servers and leaves their files. @returns where */
  async keep(): Promise<string> {
    await this.pool.end();
    await Promise.all(this.site.servers.map((server) => server.kill()));
    return this.site.folder;
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.site.close();
  }

  /** In one step: a write in between would make a folder of its own. */
  #point(folder: DataFolder, target: string): void {
    const link = join(this.site.dataDir, folder);
    symlinkSync(target, `${link}.next`);
    renameSync(`${link}.next`, link);
  }

  #launch(role: Role, { proxy, isContainer }: SlotOptions): ServerProcess {
    return this.site.spawnServer({
      ...(isContainer ? { launcher: containerLauncher(this.#workFolder) } : {}),
      env: proxy === undefined ? {} : { DATABASE_URL: proxy.url },
      args: [
        ...['--role', role === 'api' && !this.hasJanitors ? 'api,janitor' : role],
        ...['--concurrency', '4', '--drain-timeout', '2s'],
      ],
    });
  }

  async #settle(slot: ServerSlot): Promise<void> {
    await slot.server.ready();
    if (slot.role === 'api') slot.client = this.site.client(slot.server);
  }
}
