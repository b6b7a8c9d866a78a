import { EventEmitter } from 'node:events';
import type { Db } from '../db/db.ts';
import type { WakeQueue, WakeTarget } from './sqs/wake-queue.ts';

type Listener = (ids: readonly string[]) => void;
type Unsubscribe = () => void;

/** Wakes workers and followers of jobs. Both also poll the tables, so a lost wake-up only costs a poll interval. */
export interface Dispatcher {
  readonly engine: 'IN_PROCESS' | 'NOTIFY' | 'SQS';
  /** Why wake-ups do not arrive at the moment, as far as it is known; jobs then start within a poll interval. */
  readonly problem: string | undefined;
  /** Announces that these resources may have work. Call it after the commit. */
  wake(resourceIds: readonly string[]): void;
  /** The same to every worker, whatever the engine: the one that runs a job has to hear that it is requested to stop. */
  wakeAll(resourceIds: readonly string[]): void;
  /** An empty list means: anything may have changed. */
  onWake(listener: Listener): Unsubscribe;
  /** Receives, until the signal aborts, the wake-ups that reach only one worker. */
  receive(target: WakeTarget, signal: AbortSignal): Promise<void>;
  /** Announces that these jobs have new events or have ended. Call it after the commit. */
  announceEvents(jobIds: readonly string[]): void;
  /** An empty list means: any job may have new events. */
  onEvents(listener: Listener): Unsubscribe;
  close(): Promise<void>;
}

interface Topic {
  /** Tells only listeners in this process. */
  emit(ids: readonly string[]): void;
  publish(ids: readonly string[]): void;
  subscribe(listener: Listener): Unsubscribe;
  close(): Promise<void>;
}

/** PostgreSQL rejects payloads of 8,000 bytes; a longer list is sent as an empty one, which stands for all. */
const MAX_IDS = 100;

/**
 * Wakes this process at once and, on PostgreSQL, the others by NOTIFY: after the commit and at most one in flight, because NOTIFY
 * inside the enqueueing transaction serialises all commits (3 times slower measured, 14 times with a 2 ms commit).
 * @param queue wakes one worker for each lane instead of all; by default, every process hears every wake-up
 * @param onError called for each notification that could not be sent; polling replaces it
 */
export async function createDispatcher(
  db: Db,
  onError: (error: unknown) => void,
  queue?: WakeQueue,
): Promise<Dispatcher> {
  const work = await openTopic(db, 'ocpctl_wake', onError);
  const events = await openTopic(db, 'ocpctl_events', onError);
  const shared = {
    wakeAll: work.publish,
    // Also with a queue: servers that have none yet are heard.
    onWake: work.subscribe,
    announceEvents: events.publish,
    onEvents: events.subscribe,
  };
  if (queue === undefined)
    return {
      ...shared,
      engine: db.engine === 'postgres' ? 'NOTIFY' : 'IN_PROCESS',
      problem: undefined,
      wake: work.publish,
      receive: async () => {},
      close: async () => void (await Promise.all([work.close(), events.close()])),
    };
  return {
    ...shared,
    engine: 'SQS',
    get problem() {
      return queue.problem;
    },
    wake(resourceIds) {
      work.emit(resourceIds);
      queue.send(resourceIds);
    },
    receive: (target, signal) => queue.receive(target, signal),
    close: async () => void (await Promise.all([queue.close(), work.close(), events.close()])),
  };
}

async function openTopic(db: Db, channel: string, onError: (error: unknown) => void): Promise<Topic> {
  const emitter = new EventEmitter().setMaxListeners(0);
  const waiting = new Set<string>();
  let sending: Promise<void> | undefined;

  const send = async (): Promise<void> => {
    while (waiting.size > 0) {
      const ids = waiting.size > MAX_IDS ? [] : [...waiting];
      waiting.clear();
      await db.notify(channel, JSON.stringify(ids)).catch(onError);
    }
    sending = undefined;
  };
  const shared = db.engine === 'postgres';
  const unlisten = shared
    ? await db.listen(
        channel,
        (payload) => emitter.emit('ids', parseIds(payload)),
        () => emitter.emit('ids', []),
      )
    : async () => {};

  const emit = (ids: readonly string[]) => void emitter.emit('ids', ids);
  return {
    emit,
    publish(ids) {
      // Nothing changed; to those who listen, an empty list would mean that anything may have.
      if (ids.length === 0) return;
      emit(ids);
      if (!shared) return;
      for (const id of ids) waiting.add(id);
      sending ??= send();
    },
    subscribe(listener) {
      emitter.on('ids', listener);
      return () => emitter.off('ids', listener);
    },
    async close() {
      await sending;
      await unlisten();
    },
  };
}

function parseIds(payload: string): string[] {
  try {
    const ids: unknown = JSON.parse(payload);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  } catch {
    return []; // a NOTIFY of another program on this channel: an empty list stands for all
  }
}
