import type { FastifyRequest } from 'fastify';
import { type AuditEvent, audit, PLATFORM_STREAM } from '../kernel/audit/audit.ts';
import type { Actor, Caller } from '../kernel/caller.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { actorOf } from './actor.ts';

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
  counted: number;
}

const PER_MINUTE = 20;
const MINUTE_MS = 60_000;
/** A key id is public; anything else in its position could be a secret. */
const CLAIMED_KEY = /Credential=([A-Z0-9]{8,40})\//;

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
  }

  /** A request that could not be authenticated. All of them count as one source, because an attacker has any number of addresses. */
  async recordFailedAuthentication(request: FastifyRequest, reason: string): Promise<void> {
    const accessKeyId = CLAIMED_KEY.exec(request.headers.authorization ?? '')?.[1];
    const metadata = { reason, ...(accessKeyId === undefined ? {} : { accessKeyId }) };
    await this.#limited('login', actorOf(request, 'unknown'), {
      action: 'access.login',
      target: '',
      status: 'FAILURE',
      metadata,
    });
  }

  /** An authenticated caller asked to read what they may not. */
  async recordDeniedRead(caller: Caller, operation: string, target: string): Promise<void> {
    const event = { action: 'access.read', target, status: 'DENIED', metadata: { operation } } as const;
    await this.#limited(caller.principal, caller, event);
  }

  /** Writes one event without a limit. The request stays denied when the audit log cannot be written. */
  async record(actor: Actor, event: AuditEvent): Promise<void> {
    await audit(this.#o.db, PLATFORM_STREAM, actor, event).catch((error: unknown) =>
      this.#o.log.error({ err: error, requestId: actor.requestId }, 'cannot audit a denied request'),
    );
  }

  /** Resolves when every summary is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#summaries);
  }

  async #limited(source: string, actor: Actor, event: AuditEvent): Promise<void> {
    const window = this.#windows.get(source) ?? this.#open(source, actor, event.action);
    if (window.kept >= (this.#o.perMinute ?? PER_MINUTE)) {
      window.counted += 1;
      return;
    }
    window.kept += 1;
    await this.record(actor, event);
  }

  #open(source: string, actor: Actor, action: string): Window {
    const window: Window = { kept: 0, counted: 0 };
    this.#windows.set(source, window);
    const summary = this.#o.clock
      .sleep(MINUTE_MS, this.#o.stopping)
      .catch(() => {})
      .then(async () => {
        this.#windows.delete(source);
        if (window.counted === 0) return;
        const { principal } = actor;
        const counter = { principal, requestId: '', sourceIp: '', userAgent: '' };
        const metadata = { notKept: window.counted };
        await this.record(counter, { action, target: '', status: 'FAILURE', metadata });
      })
      .finally(() => this.#summaries.delete(summary));
    this.#summaries.add(summary);
    return window;
  }
}
