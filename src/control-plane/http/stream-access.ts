import { findAccessKey } from '../kernel/access/keys.sql.ts';
import type { Caller, Grant } from '../kernel/caller.ts';
import type { Queryable } from '../kernel/db/db.ts';
import { AppError } from '../kernel/errors.ts';
import { ConcurrencyLimiter } from '../kernel/limits/concurrency-limiter.ts';
import { findSession } from '../kernel/sessions/sessions.sql.ts';
import { grantsOf } from './authentication.ts';

/** Half of the second within which a revoked caller's stream ends, so that the read itself has the other half. */
const CHECK_MS = 500;

/** How many event streams may be open in one server process. A client that has too many waits, or reads pages. */
export interface StreamLimits {
  readonly total: number;
  readonly perPrincipal: number;
}

const STREAM_LIMITS: StreamLimits = { total: 400, perPrincipal: 20 };

/** The open streams of one credential. */
interface Watch {
  readonly streams: Map<AbortController, string>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Ends event streams whose caller's key is revoked, session has ended or grants have changed since the stream was opened.
 * All streams that were opened with one credential share one check.
 */
export class StreamAccess {
  readonly #db: Queryable;
  readonly #limits: StreamLimits;
  readonly #watches = new Map<string, Watch>();
  readonly #byPrincipal: ConcurrencyLimiter;
  #open = 0;

  constructor(db: Queryable, limits: StreamLimits = STREAM_LIMITS) {
    this.#db = db;
    this.#limits = limits;
    this.#byPrincipal = new ConcurrencyLimiter(limits.perPrincipal);
  }

  /**
   * @returns a signal that aborts when the access has changed; call `release` when the stream has ended
   * @throws AppError RATE_LIMITED when the principal, or the server, has too many streams
   */
  watch(caller: Caller): { readonly changed: AbortSignal; release(): void } {
    this.#take(caller.principal);
    const id = JSON.stringify([caller.principal, caller.authMode, caller.accessKeyId ?? '']);
    const watch = this.#watches.get(id) ?? this.#start(id, caller);
    const stream = new AbortController();
    watch.streams.set(stream, fingerprint(caller.grants));
    return {
      changed: stream.signal,
      release: () => {
        this.#byPrincipal.release(caller.principal);
        this.#open--;
        watch.streams.delete(stream);
        if (watch.streams.size > 0) return;
        clearInterval(watch.timer);
        if (this.#watches.get(id) === watch) this.#watches.delete(id);
      },
    };
  }

  #take(principal: string): void {
    const { perPrincipal, total } = this.#limits;
    if (!this.#byPrincipal.acquire(principal))
      throw tooManyStreams(`${principal} has ${perPrincipal} event streams open`, perPrincipal);
    if (this.#open >= total) {
      this.#byPrincipal.release(principal);
      throw tooManyStreams(`This server has ${total} event streams open`, total);
    }
    this.#open++;
  }

  #start(id: string, caller: Caller): Watch {
    const streams: Watch['streams'] = new Map();
    let isChecking = false;
    const check = async () => {
      isChecking = true;
      // A stream that opens during the read may have been authenticated after it.
      const checked = [...streams];
      // When the access cannot be read the stream ends too: the client reconnects and is authenticated again.
      const grants = await currentGrants(this.#db, caller).catch(() => undefined);
      const current = grants && fingerprint(grants);
      for (const [stream, opened] of checked) if (opened !== current) stream.abort();
      isChecking = false;
    };
    const timer = setInterval(() => {
      if (!isChecking) void check();
    }, CHECK_MS);
    const watch = { streams, timer };
    this.#watches.set(id, watch);
    return watch;
  }
}

function tooManyStreams(what: string, limit: number): AppError {
  return new AppError(
    'RATE_LIMITED',
    `${what}, which is the limit: close one, or read pages of events instead.`,
    {
      retryAfterSeconds: 5,
      errors: [
        {
          field: 'accept',
          code: 'RATE_LIMITED',
          message: `${limit} of ${limit} streams`,
          allowed: [String(limit)],
        },
      ],
    },
  );
}

/** @returns the grants that apply now; undefined when the credential is no longer valid */
async function currentGrants(
  db: Queryable,
  { principal, authMode, accessKeyId }: Caller,
): Promise<Grant[] | undefined> {
  // Gateway callers have no credential of this server: only their grants can change here.
  if (authMode === 'gateway') return grantsOf(db, principal, null);
  const id = accessKeyId ?? '';
  if (authMode === 'sts') {
    const [session] = await db.query(findSession, { id });
    return session && grantsOf(db, principal, session.uniqueId);
  }
  const [key] = await db.query(findAccessKey, { id });
  return key && grantsOf(db, principal, null);
}

function fingerprint(grants: readonly Grant[]): string {
  return JSON.stringify(grants.map(({ role, team }) => `${role}@${team}`).sort());
}
