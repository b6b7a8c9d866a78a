/** Recurring work of the installation. One janitor claims each run; an interrupted run may be repeated. */
export interface PeriodicTask {
  readonly name: string;
  readonly intervalMs: number;
  /** @returns what was done, for the log; undefined when there was nothing to do */
  run(signal: AbortSignal): Promise<Record<string, unknown> | undefined>;
}
