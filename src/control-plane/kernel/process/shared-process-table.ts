import type { Clock } from '../clock.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** Shorter than the pause between two passes of `terminateTree`: each pass sees another listing. */
const MAX_AGE_MS = 15;

/**
 * Lets many trees share one listing of the processes: with 50 trees, a listing each takes a third of a core, one for all a hundredth.
 */
export class SharedProcessTable implements ProcessTable {
  readonly #table: ProcessTable;
  readonly #clock: Clock;
  #listed: ProcessEntry[] = [];
  #listedAtMs = Number.NEGATIVE_INFINITY;
  #values = new Map<string, string | null | undefined>();

  constructor(table: ProcessTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** The next listing is a new one. */
  expire(): void {
    this.#listedAtMs = Number.NEGATIVE_INFINITY;
  }

  list(): ProcessEntry[] {
    if (this.#clock.monotonicMs() - this.#listedAtMs > MAX_AGE_MS) {
      this.#listed = this.#table.list();
      this.#listedAtMs = this.#clock.monotonicMs();
      this.#values = new Map();
    }
    return this.#listed;
  }

  environmentValue(pid: number, name: string): string | null | undefined {
    const key = `${pid} ${name}`;
    if (!this.#values.has(key)) this.#values.set(key, this.#table.environmentValue(pid, name));
    return this.#values.get(key);
  }
}
