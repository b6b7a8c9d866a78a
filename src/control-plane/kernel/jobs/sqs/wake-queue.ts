import { type Backoff, equalJitterMs } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import { MAX_BATCH, type ReceivedMessage, type SqsQueue } from './sqs-queue.ts';

export interface WakeQueueOptions {
  readonly queue: Pick<SqsQueue, 'send' | 'receive' | 'remove' | 'release' | 'close'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** A worker, as the queue sees it. */
export interface WakeTarget {
  /** Resolves when the worker has free slots, to their number. Rejects when the signal aborts. */
  freeSlots(signal: AbortSignal): Promise<number>;
  /** Resolves after the next claim. @returns false when none was made: the slots were taken meanwhile, or the database was away */
  claim(): Promise<boolean>;
}

/** Pauses after errors of SQS. Wake-ups are late then, and the poll of the table finds the jobs. */
const BACKOFF: Backoff = { baseMs: 500, maxMs: 20_000 };
/** Wake-ups that wait for SQS; more are dropped, the oldest first. */
const MAX_WAITING = 1_000;
/** A message that is not ours is left to the dead-letter queue; where there is none, it is removed when it comes for the 20th time. */
const MAX_RECEIVES = 20;

/**
 * Wakes one worker of a fleet for each lane that becomes ready, by SQS. A message is a hint: it says which lane may be ready, and the
 * worker claims from the table. Lost, late, repeated and foreign messages cost at most a claim or a poll interval.
 */
export class WakeQueue {
  readonly #o: WakeQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #closing = new AbortController();
  readonly #errors = new Map<'send' | 'receive', string>();
  #sending: Promise<void> | undefined;

  constructor(options: WakeQueueOptions) {
    this.#o = options;
  }

  /** Why SQS cannot be used at the moment; undefined when it can. */
  get problem(): string | undefined {
    return [...this.#errors.values()][0];
  }

  /** Sends one message for each lane, soon; at most one request is in flight. */
  send(resourceIds: readonly string[]): void {
    for (const id of resourceIds) this.#add(id);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Receives wake-ups for a worker whenever it has free slots, until the signal aborts. */
  async receive(target: WakeTarget, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const slots = await target.freeSlots(signal);
        const messages = await this.#o.queue.receive(slots, signal);
        this.#succeeded('receive');
        failures = 0;
        await this.#handle(messages, target);
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        this.#failed('receive', error);
        await this.#pause(failures, signal);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sending;
    await this.#o.queue.close();
  }

  #add(id: string): void {
    this.#waiting.add(id);
    const [oldest] = this.#waiting;
    if (this.#waiting.size > MAX_WAITING && oldest !== undefined) this.#waiting.delete(oldest);
  }

  async #sendAll(): Promise<void> {
    // What is announced in the same turn goes into the same request.
    await Promise.resolve();
    for (let failures = 0; this.#waiting.size > 0; ) {
      const batch = [...this.#waiting].slice(0, MAX_BATCH);
      for (const id of batch) this.#waiting.delete(id);
      const unsent = await this.#sendBatch(batch);
      failures = unsent.length > 0 ? failures + 1 : 0;
      if (failures === 0) continue;
      if (this.#closing.signal.aborted) return;
      for (const id of unsent) this.#add(id);
      await this.#pause(failures, this.#closing.signal);
    }
  }

  /** @returns what SQS did not take */
  async #sendBatch(batch: readonly string[]): Promise<readonly string[]> {
    try {
      const refused = await this.#o.queue.send(batch);
      if (refused.length === 0) this.#succeeded('send');
      else this.#failed('send', `SQS took ${batch.length - refused.length} of ${batch.length} messages`);
      return refused;
    } catch (error) {
      this.#failed('send', error);
      return batch;
    }
  }

  async #handle(messages: readonly ReceivedMessage[], target: WakeTarget): Promise<void> {
    const foreign = messages.filter(({ resourceId }) => resourceId === undefined);
    const ours = messages.filter(({ resourceId }) => resourceId !== undefined);
    if (foreign.length > 0) {
      this.#o.log.warn(
        { count: foreign.length },
        'messages in the wake-up queue that are not of ocpctl; left to the dead-letter queue',
      );
      const stubborn = foreign.filter(({ receiveCount }) => receiveCount >= MAX_RECEIVES);
      if (stubborn.length > 0) await this.#o.queue.remove(stubborn);
    }
    if (ours.length === 0) return;
    if (await target.claim()) await this.#o.queue.remove(ours);
    else await this.#o.queue.release(ours);
  }

  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#o;
    // It ends early only when all is closed.
    await clock.sleep(equalJitterMs(BACKOFF, failures, random), signal).catch(() => {});
  }

  #succeeded(what: 'send' | 'receive'): void {
    if (!this.#errors.delete(what)) return;
    this.#o.log.info({}, `wake-up queue answers again (${what})`);
  }

  /** Once for an outage: retries would fill the log. */
  #failed(what: 'send' | 'receive', error: unknown): void {
    const message = messageOf(error);
    if (!this.#errors.has(what))
      this.#o.log.warn({ error: message }, `cannot ${what} wake-ups by SQS; polling covers for it`);
    this.#errors.set(what, message);
  }
}
