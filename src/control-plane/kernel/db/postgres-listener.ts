import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseUnavailableError } from '../errors.ts';

interface Subscriber {
  readonly onPayload: (payload: string) => void;
  readonly onReconnect: (() => void) | undefined;
}

const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** Detects a dead connection that was never closed. */
const PROBE_INTERVAL_MS = 30_000;

/** LISTEN on a dedicated connection, which is opened at the first subscription and reopened when it breaks. */
export class PostgresListener {
  readonly #settings: pg.ClientConfig;
  readonly #channels = new Map<string, Set<Subscriber>>();
  readonly #ending = new AbortController();
  #client: pg.Client | undefined;
  #connecting: Promise<pg.Client> | undefined;
  #probe: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: pg.ClientConfig) {
    this.#settings = settings;
  }

  /** Resolves when the server is listening. @returns a function that ends the subscription */
  async subscribe(channel: string, subscriber: Subscriber): Promise<() => Promise<void>> {
    const subscribers = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, subscribers.add(subscriber));
    try {
      await this.#send(await this.#connected(), `listen ${channel}`);
    } catch (error) {
      this.#remove(channel, subscriber);
      throw new DatabaseUnavailableError('the database cannot be listened to', error);
    }
    return async () => {
      if (!this.#remove(channel, subscriber)) return;
      // A connection that broke meanwhile no longer listens.
      if (this.#client) await this.#send(this.#client, `unlisten ${channel}`).catch(() => undefined);
    };
  }

  async close(): Promise<void> {
    this.#ending.abort();
    this.#channels.clear();
    clearInterval(this.#probe);
    await this.#connecting?.catch(() => undefined);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  /** @returns whether the channel has no subscribers left */
  #remove(channel: string, subscriber: Subscriber): boolean {
    const subscribers = this.#channels.get(channel);
    subscribers?.delete(subscriber);
    return subscribers?.size === 0 && this.#channels.delete(channel);
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<pg.Client> {
    if (this.#ending.signal.aborted) throw new DatabaseUnavailableError('the database is closed');
    const client = new pg.Client(this.#settings);
    client.on('notification', ({ channel, payload }) => {
      for (const { onPayload } of this.#channels.get(channel) ?? []) onPayload(payload ?? '');
    });
    // 'end' follows every error and is handled below; without a listener, 'error' would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      for (const channel of this.#channels.keys()) await this.#send(client, `listen ${channel}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    client.once('end', () => this.#lost(client));
    this.#client = client;
    clearInterval(this.#probe);
    this.#probe = setInterval(() => void this.#check(client), PROBE_INTERVAL_MS).unref();
    return client;
  }

  async #check(client: pg.Client): Promise<void> {
    try {
      await this.#send(client, 'select 1');
    } catch {
      // The resulting 'end' event reconnects.
      await client.end().catch(() => undefined);
    }
  }

  /** One query at a time, because the driver deprecates queued queries. */
  async #send(client: pg.Client, text: string): Promise<void> {
    const sent = this.#last.then(() => client.query(text));
    this.#last = sent.catch(() => undefined);
    await sent;
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    clearInterval(this.#probe);
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (
      let waitMs = MIN_RETRY_MS;
      !this.#ending.signal.aborted;
      waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)
    ) {
      try {
        await this.#connected();
        for (const { onReconnect } of [...this.#channels.values()].flatMap((all) => [...all]))
          onReconnect?.();
        return;
      } catch {
        // Queries report the error to their callers; here it is only retried.
        await delay(waitMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      }
    }
  }
}
