import type { PgliteEngine } from './pglite-engine.ts';
import { listTables } from './schema.sql.ts';

export interface MaintenanceOptions {
  /** Interval of VACUUM and CHECKPOINT, which the engine does not run automatically (default five minutes). */
  readonly maintenanceIntervalMs?: number;
  /** Called when maintenance failed; it runs again at the next interval. */
  readonly onMaintenanceError?: (error: unknown) => void;
}

const INTERVAL_MS = 5 * 60 * 1000;
/** WAL is kept until a checkpoint and replayed after a crash: more than this triggers an early checkpoint. */
const WAL_LIMIT_BYTES = 64 * 1024 * 1024;

type Exclusively = <T>(work: (session: PgliteEngine) => Promise<T>) => Promise<T>;

/** Runs VACUUM and CHECKPOINT, because the embedded engine has no background processes. Its timer does not keep the process alive. */
export class PgliteMaintenance {
  readonly #exclusively: Exclusively;
  readonly #onError: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #stopped = false;
  #used = false;
  #walBytes = 0;

  constructor(exclusively: Exclusively, options: MaintenanceOptions) {
    this.#exclusively = exclusively;
    this.#onError = options.onMaintenanceError ?? (() => undefined);
    this.#timer = setInterval(() => this.#start(), options.maintenanceIntervalMs ?? INTERVAL_MS).unref();
  }

  recordUse(walBytes: number): void {
    this.#used = true;
    this.#walBytes += walBytes;
    if (this.#walBytes > WAL_LIMIT_BYTES) this.#start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  #start(): void {
    if (!this.#used || this.#running || this.#stopped) return;
    this.#used = false;
    this.#walBytes = 0;
    this.#running = this.#run()
      .catch((error: unknown) => {
        if (!this.#stopped) this.#onError(error);
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** One table at a time, because the engine blocks the event loop while it works. */
  async #run(): Promise<void> {
    const tables = await this.#exclusively((session) => session.query(listTables, {}));
    for (const { name } of tables) {
      if (this.#stopped) return;
      await this.#exclusively((session) => session.exec(`vacuum (analyze, skip_database_stats) ${name}`));
    }
    await this.#exclusively((session) => session.exec('checkpoint'));
  }
}
