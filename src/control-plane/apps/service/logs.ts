import type { components, operations } from '../../../contract/api.gen.ts';
import { notFound, readableTeams } from '../../kernel/access/team-access.ts';
import type { OpenStream } from '../../kernel/api/handler.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { listLogLines, logTailStart } from '../store/log-lines.sql.ts';
import { getService } from '../store/services.sql.ts';
import { type AppServices, logTopic } from './app-services.ts';

type LogLine = components['schemas']['LogLine'];
type LogQuery = NonNullable<operations['listServiceLogs']['parameters']['query']>;
type LogServices = Pick<AppServices, 'db' | 'clock' | 'dispatcher' | 'followPollMs'>;

const PAGE = 200;
const STREAM_PAGE = 500;

/** One page, oldest first; `nextCursor` is the number to pass as `after`. */
export async function pageLog(
  services: LogServices,
  caller: Caller,
  serviceId: string,
  query: LogQuery,
): Promise<{ items: LogLine[]; nextCursor: string | null }> {
  await assertReadable(services, caller, serviceId);
  const limit = query.limit ?? PAGE;
  const after = await startOf(services, serviceId, query, undefined);
  const rows = await services.db.query(listLogLines, {
    ...filters(serviceId, query),
    after,
    limit: limit + 1,
  });
  const items = rows.slice(0, limit).map(present);
  return { items, nextCursor: rows.length > limit ? String(items.at(-1)?.seq ?? 0) : null };
}

/**
 * Each line as it is stored, for as long as the caller stays. It resumes after the number where the previous stream ended: numbers are
 * committed in their order, so there is neither a gap nor a repetition (P17).
 */
export async function openLogStream(
  services: LogServices,
  caller: Caller,
  serviceId: string,
  query: LogQuery,
  lastEventId: string | undefined,
): Promise<OpenStream> {
  const team = await assertReadable(services, caller, serviceId);
  const start = await startOf(services, serviceId, query, lastEventId);
  return (signal) => follow(services, { serviceId, team, start, query }, signal);
}

async function* follow(
  { db, clock, dispatcher, followPollMs }: LogServices,
  { serviceId, team, start, query }: { serviceId: string; team: string; start: number; query: LogQuery },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let news = new AbortController();
  const topic = logTopic(serviceId);
  const unsubscribe = dispatcher.onEvents((ids) => {
    if (ids.length === 0 || ids.includes(topic)) news.abort();
  });
  try {
    let after = start;
    while (!signal.aborted) {
      // Set before the read, so that an announcement during it starts another one.
      news = new AbortController();
      const [service] = await db.query(getService, { id: serviceId, teams: [team] });
      if (!service) throw notFound('service', serviceId);
      const rows = await db.query(listLogLines, { ...filters(serviceId, query), after, limit: STREAM_PAGE });
      for (const row of rows) {
        after = row.seq;
        yield present(row);
      }
      if (rows.length === STREAM_PAGE) continue;
      await clock.sleep(followPollMs, AbortSignal.any([news.signal, signal])).catch(() => {});
    }
  } finally {
    unsubscribe();
  }
}

function filters(serviceId: string, { since, grep, run }: LogQuery) {
  return {
    serviceId,
    since: since === undefined ? null : new Date(since),
    grep: grep ?? null,
    run: run ?? null,
  };
}

/** At most the newest line: a stream that starts beyond it would wait for numbers that are not there. */
async function startOf(
  { db }: Pick<LogServices, 'db'>,
  serviceId: string,
  query: LogQuery,
  lastEventId: string | undefined,
): Promise<number> {
  const count = lastEventId === undefined ? (query.tail ?? 0) : 0;
  const [row] = await db.query(logTailStart, { ...filters(serviceId, query), count });
  if (lastEventId === undefined && query.tail !== undefined) return row?.after ?? 0;
  const given = lastEventId === undefined ? (query.after ?? 0) : Number(lastEventId);
  return Math.min(given, row?.last ?? 0);
}

/** @returns the team of the service */
async function assertReadable({ db }: Pick<LogServices, 'db'>, caller: Caller, id: string): Promise<string> {
  const [row] = await db.query(getService, { id, teams: readableTeams(caller) });
  if (!row) throw notFound('service', id);
  return row.team;
}

function present(row: RowOf<typeof listLogLines>): LogLine {
  const { seq, at, stream, ...line } = row;
  return { ...line, seq, at: at.toISOString(), stream: stream as LogLine['stream'] };
}
