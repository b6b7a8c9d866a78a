import type { ClientConfig } from 'pg';
import { SetupError } from '../errors.ts';

export interface PostgresOptions {
  /** `postgresql://user:password@host:5432/database`; its `options` are kept. */
  readonly url: string;
  /** Connections for queries (default 10); LISTEN uses one more. */
  readonly poolSize?: number;
  /** What `pg_stat_activity` shows (default `ocpctl`). */
  readonly applicationName?: string;
  /** Moves `clock_now()` in these sessions: for tests and drills. */
  readonly clockOffsetMs?: number;
}

/** No statement of ours needs more than some milliseconds; one that waits this long had better fail and be retried. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction whose process is stuck must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const LOCK_TIMEOUT_MS = 15_000;
/** The server's own timeout answers first unless the network is dead. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Migrations may rewrite tables; they wait a day before the network counts as dead. */
export const SCRIPT_TIMEOUT_MS = 24 * 60 * 60 * 1000;

/** @returns what the pool and the listening connection have in common. Values come and go as text: `codec.ts` reads them. */
export function connectionSettings(options: PostgresOptions): ClientConfig {
  const { url, options: own } = splitOptions(options.url);
  const parameters = [
    'search_path=public',
    // What the caller's URL says overrides the defaults before it, but not the formats that the codec relies on.
    own,
    'DateStyle=ISO',
    'TimeZone=UTC',
    'bytea_output=hex',
    'extra_float_digits=1',
    ...(options.clockOffsetMs === undefined ? [] : [`ocpctl.clock_offset=${options.clockOffsetMs}ms`]),
  ];
  return {
    connectionString: url,
    application_name: options.applicationName ?? 'ocpctl',
    options: parameters
      .filter((parameter) => parameter !== undefined)
      .map((parameter) => (parameter === own ? parameter : `-c ${parameter}`))
      .join(' '),
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser: () => (wire: string) => wire },
  };
}

/** Takes `?options=` out of the URL, because the driver would let it replace ours. */
function splitOptions(url: string): { url: string; options: string | undefined } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new SetupError('DATABASE_URL is not a URL', {
      hint: 'write it as postgresql://user:password@host:5432/database',
    });
  }
  const options = parsed.searchParams.get('options') ?? undefined;
  parsed.searchParams.delete('options');
  return { url: options === undefined ? url : parsed.href, options };
}
