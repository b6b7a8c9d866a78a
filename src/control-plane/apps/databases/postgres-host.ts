import type { Clock } from '../../kernel/clock.ts';
import { ServerConnectionError } from '../../kernel/db/server-connection.ts';
import type { ObservedInstance, Runtime } from '../runtime/runtime.ts';
import { DatabaseError } from './database-error.ts';
import type { DatabaseVolumes } from './database-volumes.ts';
import { ADMIN_LOGIN, initialiseData, initialUser } from './postgres/initialise-data.ts';
import { findPostgres, type PostgresPrograms } from './postgres/postgres-programs.ts';
import { countLoginSessions } from './postgres/postgres-roles.ts';

/** Recovery after a crash replays what was written since the last checkpoint. */
const READY_LIMIT_MS = 10 * 60_000;
const POLL_MS = 100;
const STOP_GRACE_MS = 30_000;
const TAIL_LINES = 5;
const MAX_LOG_LINES = 10_000;
/** Of a server that does not listen yet, or that still recovers. */
const NOT_READY = new Set(['ECONNREFUSED', 'ECONNRESET', '57P03']);

export interface PostgresHostOptions {
  /** Runs programs of the host: the runtime `process`. */
  readonly runtime: Runtime;
  readonly volumes: DatabaseVolumes;
  readonly searchPath: string;
  readonly clock: Clock;
}

/** PostgreSQL servers of this host. Their data is in volumes, their processes are instances of the runtime. */
export class PostgresHost {
  readonly runtime: Runtime;
  readonly volumes: DatabaseVolumes;
  readonly #searchPath: string;
  readonly #clock: Clock;

  constructor({ runtime, volumes, searchPath, clock }: PostgresHostOptions) {
    this.runtime = runtime;
    this.volumes = volumes;
    this.#searchPath = searchPath;
    this.#clock = clock;
  }

  /** @param version of the data, when there is some. @throws DatabaseError */
  async programs(version: string | null): Promise<PostgresPrograms> {
    const found = await findPostgres(this.#searchPath, version ?? undefined);
    if (found !== undefined) return found;
    const what = version === null ? 'PostgreSQL' : `PostgreSQL ${version}, which made the data,`;
    throw new DatabaseError('engine-missing', `${what} is not installed on the host of the applications`);
  }

  /** Makes the data of the server unless it is there. */
  async ensureData(id: string, programs: PostgresPrograms, adminPassword: string): Promise<void> {
    if (this.volumes.exists(id)) return;
    const user = initialUser();
    await this.volumes.create(id, user, (directory) =>
      initialiseData(programs, { directory, password: adminPassword, user }),
    );
  }

  async observe(instanceId: string): Promise<ObservedInstance | undefined> {
    return (await this.runtime.observe()).find(({ id }) => id === instanceId);
  }

  /** Resolves when the server answers. @throws DatabaseError with the last lines of its log when it ended */
  async untilReady(
    port: number,
    adminPassword: string,
    instanceId: string,
    signal: AbortSignal,
  ): Promise<void> {
    const endMs = this.#clock.monotonicMs() + READY_LIMIT_MS;
    for (;;) {
      signal.throwIfAborted();
      try {
        await countLoginSessions(adminOf(port, adminPassword), [ADMIN_LOGIN]);
        return;
      } catch (error) {
        if (!(error instanceof ServerConnectionError)) throw error;
        if (!NOT_READY.has(error.code ?? ''))
          throw new DatabaseError('failed', `the server refuses its administrator: ${error.message}`, {
            cause: error,
          });
      }
      const isOver = this.#clock.monotonicMs() >= endMs;
      if (isOver || (await this.observe(instanceId))?.exit !== undefined)
        throw new DatabaseError(
          'failed',
          `the server ${isOver ? 'does not answer' : 'ended'}${await this.#tail(instanceId)}`,
        );
      await this.#clock.sleep(POLL_MS, signal);
    }
  }

  async #tail(instanceId: string): Promise<string> {
    const lines = await this.runtime.readLog(instanceId, { after: 0, limit: MAX_LOG_LINES });
    const last = lines.slice(-TAIL_LINES).map(({ text }) => text);
    return last.length === 0 ? '' : `: ${last.join(' | ')}`;
  }

  /** Stops the server, and removes it with its data; so that of its drill. */
  async remove(id: string): Promise<void> {
    await this.removeServer(drillOf(id));
    await this.removeServer(id);
  }

  /** The same for one server. */
  async removeServer(id: string): Promise<void> {
    for (const instance of await this.#instancesOf(id)) {
      await this.runtime.stop(instance.id, STOP_GRACE_MS);
      await this.runtime.remove(instance.id);
    }
    await this.volumes.remove(id);
  }

  /** What of a database is still on the host. */
  async residueOf(id: string): Promise<string[]> {
    const servers = [id, drillOf(id)];
    const instances = (await Promise.all(servers.map((server) => this.#instancesOf(server)))).flat();
    const paths = servers.flatMap((server) => this.volumes.residueOf(server));
    return [
      ...instances.map((instance) => `instance ${instance.id} of database ${id}`),
      ...paths.map((path) => `data of database ${id}: ${path}`),
    ];
  }

  async #instancesOf(id: string): Promise<readonly ObservedInstance[]> {
    return (await this.runtime.observe()).filter(({ ownerId }) => ownerId === id);
  }
}

const DRILL = 'drill-';
/** The server that backups of a database are restored into to prove them, and the lane of the jobs that do it. */
export const drillOf = (id: string): string => `${DRILL}${id}`;
export const databaseOfDrill = (lane: string): string => lane.slice(DRILL.length);

/** How the server itself is administered. */
export function adminOf(port: number, password: string) {
  return { host: '127.0.0.1', port, user: ADMIN_LOGIN, password, database: 'postgres' };
}
