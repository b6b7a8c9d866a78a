import { ApiError, thrownMessage } from '../../client/api-error.ts';
import { throughOutage } from '../../client/outage.ts';
import type { Cluster } from '../../contract/documents.ts';
import { shortDuration } from '../../contract/duration.ts';
import { printableLines } from '../../contract/escape.ts';
import { dateTime } from '../../render/format.ts';
import { isBoundByExpiry } from '../../render/keepalive.ts';
import { sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';

/** Ends the cluster of a run, once. Whatever goes wrong here, its keepalive ends it. */
export class ClusterEnd {
  readonly #session: Session;
  readonly #cluster: Cluster;
  readonly #retries = new AbortController();
  #keepaliveMinutes: number;
  #destroy: Promise<unknown> | undefined;

  /** @param keepaliveMinutes how long the server waits for a renewal */
  constructor(session: Session, cluster: Cluster, keepaliveMinutes: number) {
    this.#session = session;
    this.#cluster = cluster;
    this.#keepaliveMinutes = keepaliveMinutes;
  }

  get isRequested(): boolean {
    return this.#destroy !== undefined;
  }

  /** Ends the repetition of requests to a server that is away. */
  stopRetries(): void {
    this.#retries.abort(new Error('interrupted'));
  }

  /** @returns what the request failed with; undefined if the cluster is being destroyed, or is gone */
  destroy(reason: string): Promise<unknown> {
    this.#destroy ??= this.#requestDestroy(reason);
    return this.#destroy;
  }

  async #requestDestroy(reason: string): Promise<unknown> {
    const { id, name } = this.#cluster;
    const { client } = this.#session;
    try {
      await this.#send((key) =>
        client.POST('/v1/clusters/{id}/destroy', {
          params: { path: { id }, header: { 'idempotency-key': key } },
          body: { reason },
        }),
      );
      this.#session.note(`Destroying ${name} (${id}).`);
      return undefined;
    } catch (error) {
      if (isEnded(error)) {
        this.#session.note(error.message);
        return undefined;
      }
      this.#warn(`Cannot request the destroy of ${name}`, error);
      return error;
    }
  }

  /** Gives the cluster a last keepalive, which is not renewed. */
  async keep(minutes: number): Promise<void> {
    const { id, name } = this.#cluster;
    const { client } = this.#session;
    try {
      const { data } = await this.#send((key) =>
        client.POST('/v1/clusters/{id}/set-keepalive', {
          params: { path: { id }, header: { 'idempotency-key': key } },
          body: { minutes },
        }),
      );
      const { keepalive, destroyAt } = data.cluster;
      const isTied = keepalive !== null && !isBoundByExpiry(data.cluster, keepalive);
      const end = isTied ? keepalive.expiresAt : destroyAt;
      this.#say(
        `Kept ${name} until ${dateTime(end)}: 'ocpctl outputs ${name} --kubeconfig FILE' gives access, 'ocpctl destroy ${name}' ends it.`,
      );
    } catch (error) {
      if (isEnded(error)) return this.#session.note(error.message);
      // The request may have been accepted.
      this.#keepaliveMinutes = Math.max(this.#keepaliveMinutes, minutes);
      this.#warn(`Cannot keep ${name} for longer`, error);
    }
  }

  /** Repeats a request with its key while the server is away. */
  #send<T>(request: (key: string) => Promise<T>): Promise<T> {
    const { client, outagePolicy } = this.#session;
    return sendOnce({ flags: {}, check: `ocpctl get ${this.#cluster.id}` }, (key) =>
      throughOutage(() => request(key), outagePolicy, {
        clock: client.clock,
        random: client.random,
        signal: this.#retries.signal,
      }),
    );
  }

  #warn(what: string, error: unknown): void {
    const within = shortDuration(this.#keepaliveMinutes * 60_000);
    const text = `Warning: ${what}: ${thrownMessage(error).replace(/\.$/, '')}. The server destroys it within ${within}, because nothing renews it.`;
    this.#say(text);
  }

  /** Also with --quiet: a cluster that stays costs money. */
  #say(text: string): void {
    this.#session.io.stderr.write(`${printableLines(text)}\n`);
  }
}

function isEnded(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.code === 'STATE_CONFLICT' || error.code === 'NOT_FOUND');
}
