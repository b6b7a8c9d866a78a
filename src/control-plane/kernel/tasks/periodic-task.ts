/** Recurring work. An interrupted run may be repeated. */
export interface PeriodicTask {
  readonly name: string;
  readonly intervalMs: number;
  /** `installation` (default): one janitor claims each run. `host`: each worker process runs it, for what is on its own disk. */
  readonly scope?: 'installation' | 'host';
  /** @returns what was done, for the log; undefined when there was nothing to do */
  run(signal: AbortSignal): Promise<Record<string, unknown> | undefined>;
}
