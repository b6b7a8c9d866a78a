/** Recurring work of the installation: done by one runner at a time, and safe to do twice. */
export interface PeriodicTask {
  readonly name: string;
  readonly intervalMs: number;
  /** @returns what was done, for the log; undefined when there was nothing to do. */
  run(signal: AbortSignal): Promise<Record<string, unknown> | undefined>;
}
