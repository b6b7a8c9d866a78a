import { formatDuration } from '../../contract/duration.ts';
import type { Clock } from '../kernel/clock.ts';
import { DatabaseUnavailableError, messageOf } from '../kernel/errors.ts';

export interface WaitingState {
  /** Host, port and name, without user and password. */
  readonly database: string;
  readonly reason: string;
  readonly remainingSeconds: number;
}

export interface DatabaseWait {
  /** Of the PostgreSQL server; undefined for the embedded database, which is never away. */
  readonly databaseUrl: string | undefined;
  /** From the first failure on. */
  readonly waitMs: number;
  readonly clock: Clock;
  /** Called at the first failure, and every ten seconds from then on. */
  readonly onWaiting: (state: WaitingState) => void;
  /** Ends the wait at once. */
  readonly signal?: AbortSignal | undefined;
}

/** A connection that is refused costs nothing. */
const RETRY_MS = 1_000;
const REPORT_MS = 10_000;

/**
 * Repeats the start of a server while its database does not answer, and says so every ten seconds.
 * @param start leaves nothing behind when it fails; it ends by itself after the signal has aborted
 * @throws DatabaseUnavailableError when the time is over, the reason of the signal when it aborts, anything else at once
 */
export async function waitForDatabase<T>(start: () => Promise<T>, options: DatabaseWait): Promise<T> {
  const { databaseUrl, waitMs, clock, onWaiting, signal } = options;
  let begun: number | undefined;
  let reported = Number.NEGATIVE_INFINITY;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await orAborted(start(), signal);
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError) || databaseUrl === undefined || waitMs === 0)
        throw error;
      const now = clock.monotonicMs();
      begun ??= now;
      const remainingMs = begun + waitMs - now;
      if (remainingMs <= 0) throw waitedInVain(error, waitMs);
      if (now - reported >= REPORT_MS) {
        reported = now;
        const remainingSeconds = Math.ceil(remainingMs / 1000);
        onWaiting({ database: addressOf(databaseUrl), reason: messageOf(error), remainingSeconds });
      }
      await clock.sleep(Math.min(RETRY_MS, remainingMs), signal);
    }
  }
}

/** A connection that is not answered takes many seconds to fail. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function waitedInVain(error: DatabaseUnavailableError, waitMs: number): DatabaseUnavailableError {
  return new DatabaseUnavailableError(`${error.message} (waited ${formatDuration(waitMs)})`, error);
}

function addressOf(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}
