import { setMaxListeners } from 'node:events';
import type { FastifyRequest } from 'fastify';
import { type AuditEvent, audit, PLATFORM_STREAM } from '../kernel/audit/audit.ts';
import type { Actor, Caller } from '../kernel/caller.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { findTeamOfTarget } from '../kernel/jobs/jobs.sql.ts';
import { claimedKeyOf } from './known-key-reserve.ts';
import { traceparentOf } from './request-trace.ts';

export interface DeniedRequestLogOptions {
  readonly db: Db;
  readonly clock: Clock;
  /** Aborted when the server stops: what was only counted is then written. */
  readonly stopping: AbortSignal;
  readonly log: { error(fields: object, message: string): void };
  /** Events kept for each source in a minute; more are only counted. */
  readonly perMinute?: number;
}

interface Window {
  kept: number;
  /** How many events were not kept, by action. */
  readonly notKept: Map<string, number>;
}

const PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/**
 * Writes denied requests to the audit log. A flood must not fill the disk: above a number per minute and source they are only counted,
 * and one event has the count.
 */
export class DeniedRequestLog {
  readonly #o: DeniedRequestLogOptions;
  readonly #windows = new Map<string, Window>();
  readonly #summaries = new Set<Promise<void>>();

  constructor(options: DeniedRequestLogOptions) {
    this.#o = options;
    // Each source waits for it; Node warns of a leak from the eleventh on.
    setMaxListeners(0, options.stopping);
  }

  /** A request that could not be authenticated. All of them count as one source, because an attacker has any number of addresses. */
  async recordFailedAuthentication(request: FastifyRequest, reason: string): Promise<void> {
    const accessKeyId = claimedKeyOf(request);
    const metadata = { reason, ...(accessKeyId === undefined ? {} : { accessKeyId }) };
    await this.#limited('login', actorOf(request, 'unknown'), {
      action: 'access.login',
      target: '',
      status: 'FAILURE',
      metadata,
    });
  }

  /**
   * AWS confirmed an identity that may not sign in here, or rejected a proof. Any account of the world can send these, so that all of
   * them count as one source.
   */
  async recordFailedSignIn(actor: Actor, event: AuditEvent): Promise<void> {
    await this.#limited('sign-in', actor, event);
  }

  /** A request of an authenticated caller that was denied or failed. */
  async record(caller: Caller, event: AuditEvent): Promise<void> {
    await this.#limited(caller.principal, caller, event);
  }

  /** Resolves when every summary is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#summaries);
  }

  async #limited(source: string, actor: Actor, event: AuditEvent): Promise<void> {
    const window = this.#windows.get(source) ?? this.#open(source, actor);
    if (window.kept >= (this.#o.perMinute ?? PER_MINUTE)) {
      window.notKept.set(event.action, (window.notKept.get(event.action) ?? 0) + 1);
      return;
    }
    window.kept += 1;
    await this.#write(actor, event);
  }

  /** In the stream of the target's team, so that its own auditor sees it. The request stays denied when the audit log cannot be written. */
  async #write(actor: Actor, event: AuditEvent): Promise<void> {
    try {
      const [owner] =
        event.target === '' ? [] : await this.#o.db.query(findTeamOfTarget, { id: event.target });
      await audit(this.#o.db, owner?.team || PLATFORM_STREAM, actor, event);
    } catch (error) {
      this.#o.log.error({ err: error, requestId: actor.requestId }, 'cannot audit a denied request');
    }
  }

  #open(source: string, { principal }: Actor): Window {
    const window: Window = { kept: 0, notKept: new Map() };
    this.#windows.set(source, window);
    const summary = this.#o.clock
      .sleep(MINUTE_MS, this.#o.stopping)
      .catch(() => {})
      .then(async () => {
        this.#windows.delete(source);
        const counter = { principal, requestId: '', sourceIp: '', userAgent: '' };
        for (const [action, notKept] of window.notKept)
          await this.#write(counter, { action, target: '', status: 'FAILURE', metadata: { notKept } });
      })
      .finally(() => this.#summaries.delete(summary));
    this.#summaries.add(summary);
    return window;
  }
}

const MAX_AGENT = 200;

/** A principal with where its request came from, for the audit log. */
export function actorOf(request: FastifyRequest, principal: string): Actor {
  const { id, ip, headers } = request;
  const userAgent = (headers['user-agent'] ?? '').slice(0, MAX_AGENT);
  return { principal, requestId: id, sourceIp: ip, userAgent, traceparent: traceparentOf(request) };
}
