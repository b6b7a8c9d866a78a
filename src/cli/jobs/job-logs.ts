import type { ApiClient } from '../../client/api-client.ts';
import { followEvents } from '../../client/follow-events.ts';
import type { ServerContact } from '../../client/server-contact.ts';
import type { JobEvent } from '../../contract/documents.ts';
import type { JobLogEntry } from '../../render/job.ts';

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

export interface LogFilter {
  readonly level?: Level | undefined;
  readonly phase?: string | undefined;
  readonly attempt?: number | undefined;
  readonly since?: Date | undefined;
}

const PAGE_SIZE = 1000;

/** @returns whether an event has at least the level, and the phase, attempt and time, of the filter. */
export function matchesLogFilter(event: JobLogEntry, filter: LogFilter): boolean {
  return (
    (filter.level === undefined || LEVELS.indexOf(event.level) >= LEVELS.indexOf(filter.level)) &&
    (filter.phase === undefined || event.phase === filter.phase) &&
    (filter.attempt === undefined || event.attempt === filter.attempt) &&
    (filter.since === undefined || new Date(event.at) >= filter.since)
  );
}

export interface StoredEvents {
  /** The matching events, oldest first. */
  all(): AsyncGenerator<JobEvent>;
  /** Of all events that were read, also of those that do not match. */
  readonly lastSeq: number;
}

/** Reads the existing events of a job. */
export function readEvents(client: ApiClient, jobId: string, filter: LogFilter): StoredEvents {
  let lastSeq = 0;
  return {
    get lastSeq() {
      return lastSeq;
    },
    async *all() {
      for (;;) {
        const query = { limit: PAGE_SIZE, after: lastSeq };
        const { data } = await client.GET('/v1/jobs/{id}/events', { params: { path: { id: jobId }, query } });
        lastSeq = data.items.at(-1)?.seq ?? lastSeq;
        yield* data.items.filter((event) => matchesLogFilter(event, filter));
        if (data.nextCursor === null || data.items.length === 0) return;
      }
    },
  };
}

/** The last entries of a long log. */
export class Tail<Entry> {
  readonly #count: number;
  #entries: Entry[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  get entries(): readonly Entry[] {
    return this.#entries.slice(Math.max(0, this.#entries.length - this.#count));
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length > 2 * this.#count + PAGE_SIZE) this.#entries = [...this.entries];
  }
}

/** Follows the matching events after sequence number `after` until the job ends. */
export async function* followNewEvents(
  client: ApiClient,
  jobId: string,
  filter: LogFilter,
  options: { readonly after: number; readonly signal: AbortSignal; readonly contact: ServerContact },
): AsyncGenerator<JobEvent> {
  for await (const event of followEvents(client, jobId, {
    ...options,
    giveUpAfterMs: Number.POSITIVE_INFINITY,
  })) {
    if (matchesLogFilter(event, filter)) yield event;
  }
}
