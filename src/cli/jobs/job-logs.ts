import type { ApiClient } from '../../client/api-client.ts';
import { followEvents } from '../../client/follow-events.ts';
import type { JobEvent } from '../../contract/documents.ts';

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
function matchesFilter(event: JobEvent, filter: LogFilter): boolean {
  return (
    (filter.level === undefined || LEVELS.indexOf(event.level) >= LEVELS.indexOf(filter.level)) &&
    (filter.phase === undefined || event.phase === filter.phase) &&
    (filter.attempt === undefined || event.attempt === filter.attempt) &&
    (filter.since === undefined || new Date(event.at) >= filter.since)
  );
}

/**
 * The existing events of a job, oldest first, one batch per page.
 * @param tail returns only the last N matching events, as one batch.
 */
export async function* readEvents(
  client: ApiClient,
  jobId: string,
  filter: LogFilter,
  tail: number | undefined,
): AsyncGenerator<{ readonly events: readonly JobEvent[]; readonly lastSeq: number }> {
  let lastSeq = 0;
  let kept: JobEvent[] = [];
  for (;;) {
    const query = { limit: PAGE_SIZE, after: lastSeq };
    const { data } = await client.GET('/v1/jobs/{id}/events', { params: { path: { id: jobId }, query } });
    lastSeq = data.items.at(-1)?.seq ?? lastSeq;
    const events = data.items.filter((event) => matchesFilter(event, filter));
    if (tail === undefined) yield { events, lastSeq };
    else kept = tail === 0 ? [] : [...kept, ...events].slice(-tail);
    if (data.nextCursor === null || data.items.length === 0) break;
  }
  if (tail !== undefined) yield { events: kept, lastSeq };
}

/** Follows the matching events after sequence number `after` until the job ends. */
export async function* followNewEvents(
  client: ApiClient,
  jobId: string,
  filter: LogFilter,
  options: { readonly after: number; readonly signal: AbortSignal },
): AsyncGenerator<JobEvent> {
  for await (const event of followEvents(client, jobId, options)) {
    if (matchesFilter(event, filter)) yield event;
  }
}
