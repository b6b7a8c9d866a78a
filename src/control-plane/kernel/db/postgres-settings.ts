import type { ClientConfig } from 'pg';
import { SetupError } from '../errors.ts';

export interface PostgresOptions {
  /** `postgresql://user:password@host:5432/database`. `options` and `connect_timeout` (seconds) mean the same as in libpq. */
  readonly url: string;
  /** Connections for queries (default 10); LISTEN, NOTIFY and renewals of leases use one more each. */
  readonly poolSize?: number;
  /** Shown in `pg_stat_activity` (default `ocpctl`). */
  readonly applicationName?: string;
  /** Moves `clock_now()` in these sessions: for tests and drills. */
  readonly clockOffsetMs?: number;
}

/** Statements take milliseconds; one that waits this long should fail and be retried. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction of a process that hangs must release its locks. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const LOCK_TIMEOUT_MS = 15_000;
/** Longer than the statement timeout, which answers first unless the network is down. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Migrations may rewrite tables, so they may run for a day. */
export const SCRIPT_TIMEOUT_MS = 24 * 60 * 60 * 1000;

/** @returns the settings of the pool and the listening connection. Values are passed as text, which `codec.ts` reads. */
export function connectionSettings(options: PostgresOptions): ClientConfig {
  const { url, options: own, connectTimeoutMs } = splitParameters(options.url);
  const parameters = [
    'search_path=public',
    // Options of the URL override the defaults before them, but not the formats that the codec needs.
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
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types: { getTypeParser: () => (wire: string) => wire },
  };
}

/** Removes parameters from the URL that the driver reads differently from libpq. */
function splitParameters(url: string): {
  url: string;
  options: string | undefined;
  connectTimeoutMs: number;
} {
  const parsed = parseUrl(url);
  const options = parsed.searchParams.get('options') ?? undefined;
  const seconds = Number(parsed.searchParams.get('connect_timeout'));
  const connectTimeoutMs = seconds > 0 ? seconds * 1_000 : CONNECT_TIMEOUT_MS;
  if (options === undefined && seconds === 0) return { url, options, connectTimeoutMs };
  parsed.searchParams.delete('options');
  parsed.searchParams.delete('connect_timeout');
  return { url: parsed.href, options, connectTimeoutMs };
}

/** @throws SetupError without the text, which may have a password */
function parseUrl(text: string): URL {
  const hint =
    'write it as postgresql://user:password@host:5432/database, with characters of the password such as @ and / as %40 and %2F';
  if (/^\s*\w+\s*=/.test(text))
    throw new SetupError('DATABASE_URL has the key=value form of libpq; only URLs are supported', { hint });
  let parsed: URL;
  try {
    parsed = new URL(text);
  } catch {
    throw new SetupError('DATABASE_URL is not a URL', { hint });
  }
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:')
    throw new SetupError('DATABASE_URL is not a URL of PostgreSQL', { hint });
  return parsed;
}
