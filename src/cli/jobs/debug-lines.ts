import type { ApiClient } from '../../client/api-client.ts';
import type { JobLogEntry } from '../../render/job.ts';
import { type LogFilter, matchesLogFilter } from './job-logs.ts';

const POLL_MS = 2_000;

/** Reads the debug output of a job from where the last read ended. */
export class DebugLines {
  readonly #client: ApiClient;
  readonly #jobId: string;
  readonly #filter: LogFilter;
  #position = '';

  constructor(client: ApiClient, jobId: string, filter: LogFilter) {
    this.#client = client;
    this.#jobId = jobId;
    this.#filter = filter;
  }

  /** Yields the matching lines that were stored since. */
  async *added(): AsyncGenerator<JobLogEntry> {
    for (;;) {
      const path = { id: this.#jobId };
      const query = { after: this.#position };
      const { data } = await this.#client.GET('/v1/jobs/{id}/debug-log', { params: { path, query } });
      this.#position = data.position;
      for (const line of data.items) {
        const entry: JobLogEntry = { ...line, kind: 'log', level: 'debug', data: {} };
        if (matchesLogFilter(entry, this.#filter)) yield entry;
      }
      if (data.nextCursor === null) return;
    }
  }

  /** Prints what is added until the signal aborts, and once more after that. */
  async follow(print: (line: JobLogEntry) => Promise<void>, signal: AbortSignal): Promise<void> {
    do {
      await this.#client.clock.sleep(POLL_MS, signal).catch(() => {});
      for await (const line of this.added()) await print(line);
    } while (!signal.aborted);
  }
}

/** Merges two streams by time; each is in order by itself. */
export async function* mergeByTime<A extends { at: string }, B extends { at: string }>(
  left: AsyncIterator<A>,
  right: AsyncIterator<B>,
): AsyncGenerator<A | B> {
  let [a, b] = await Promise.all([left.next(), right.next()]);
  while (!a.done || !b.done) {
    if (b.done || (!a.done && a.value.at <= b.value.at)) {
      if (!a.done) yield a.value;
      a = await left.next();
    } else {
      yield b.value;
      b = await right.next();
    }
  }
}
