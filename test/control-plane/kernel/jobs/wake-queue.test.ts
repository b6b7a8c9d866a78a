import { describe, expect, test } from 'vitest';
import type { ReceivedMessage } from '../../../../src/control-plane/kernel/jobs/sqs/sqs-queue.ts';
import { WakeQueue, type WakeTarget } from '../../../../src/control-plane/kernel/jobs/sqs/wake-queue.ts';
import { ClaimTarget } from '../../../../src/control-plane/worker/claim-target.ts';

/** What SQS is asked for, and how it answers; the real calls are tried by test/aws/dispatch.test.ts. */
function openQueue(answers: {
  send?: (ids: readonly string[]) => readonly string[];
  receive?: (signal: AbortSignal) => readonly ReceivedMessage[];
}) {
  const asked: string[] = [];
  const log: string[] = [];
  const pauses: number[] = [];
  const note =
    (what: string) =>
    async (messages: readonly ReceivedMessage[]): Promise<void> =>
      void asked.push(`${what} ${messages.map(({ handle }) => handle).join()}`);
  const write = (_: object, message: string) => void log.push(message);
  const queue = new WakeQueue({
    queue: {
      send: async (ids) => {
        asked.push(`send ${ids.join()}`);
        return [...(answers.send?.(ids) ?? [])];
      },
      receive: async (_count, signal) => [...(answers.receive?.(signal) ?? [])],
      remove: note('remove'),
      release: note('release'),
      close: async () => void asked.push('close'),
    },
    clock: {
      now: () => new Date(),
      monotonicMs: () => 0,
      sleep: async (ms) => void pauses.push(ms),
    },
    random: () => 0,
    log: { info: write, warn: write },
  });
  return { queue, asked, log, pauses };
}

const message = (handle: string, resourceId: string | undefined, receiveCount = 1): ReceivedMessage => ({
  handle,
  resourceId,
  receiveCount,
});

describe('sending', () => {
  test('what is announced in one turn is one request, each resource once, at most ten', async () => {
    const { queue, asked } = openQueue({});
    queue.send(['a', 'b']);
    queue.send(['b', 'c']);
    queue.send(Array.from({ length: 10 }, (_, n) => `r${n}`));
    await queue.close();
    expect(asked).toEqual(['send a,b,c,r0,r1,r2,r3,r4,r5,r6', 'send r7,r8,r9', 'close']);
  });

  test('what SQS does not take is sent again after a pause that grows; an outage is told once', async () => {
    let failures = 3;
    const { queue, asked, log, pauses } = openQueue({
      send: (ids) => {
        if (failures-- > 0) throw new Error('no answer');
        return failures === -1 ? ids.slice(1) : [];
      },
    });
    queue.send(['a', 'b']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual(['send a,b', 'send a,b', 'send a,b', 'send a,b', 'send b']);
    expect(pauses).toEqual([250, 500, 1_000, 2_000]);
    expect(log).toEqual([
      'cannot send wake-ups by SQS; polling covers for it',
      'wake-up queue answers again (send)',
    ]);
    expect(queue.problem).toBeUndefined();
    await queue.close();
  });

  test('a closed queue does not wait for SQS', async () => {
    const { queue, asked } = openQueue({
      send: () => {
        throw new Error('no answer');
      },
    });
    queue.send(['a']);
    await queue.close();
    expect(asked.at(-1)).toBe('close');
    expect(queue.problem).toBe('no answer');
  });
});

describe('receiving', () => {
  /** Gives one answer, then ends. */
  const receiveOnce = async (messages: readonly ReceivedMessage[], claimed: boolean) => {
    const stop = new AbortController();
    let answers = 0;
    const opened = openQueue({
      receive: () => {
        if (answers++ === 0) return messages;
        stop.abort();
        return [];
      },
    });
    const target: WakeTarget = { freeSlots: async () => 4, claim: async () => claimed };
    await opened.queue.receive(target, stop.signal);
    return opened;
  };

  test('messages are removed after the claim, and shown to the others when none was made', async () => {
    const messages = [message('1', 'a'), message('2', 'b')];
    expect((await receiveOnce(messages, true)).asked).toEqual(['remove 1,2']);
    expect((await receiveOnce(messages, false)).asked).toEqual(['release 1,2']);
  });

  test('a message that is not ours is left to the dead-letter queue, and removed where none takes it', async () => {
    const { asked, log } = await receiveOnce([message('1', undefined), message('2', undefined, 20)], true);
    expect(asked).toEqual(['remove 2']);
    expect(log).toHaveLength(1);
  });
});

describe('a worker as the queue sees it', () => {
  test('slots are known after a claim; who asks for one waits for a claim that begins later', async () => {
    let wakes = 0;
    const target = new ClaimTarget(() => void wakes++);
    const slots = target.freeSlots(new AbortController().signal);
    const first = target.begin();
    const claim = target.claim();
    first(true, 3);
    expect(await slots).toBe(3);
    expect(await Promise.race([claim, Promise.resolve('waits')])).toBe('waits');
    target.begin()(false, 0);
    expect(await claim).toBe(false);
    expect(wakes).toBe(1);
  });

  test('after the last claim nothing is waited for', async () => {
    const target = new ClaimTarget(() => {});
    const claim = target.claim();
    target.end();
    expect(await claim).toBe(false);
    expect(await target.claim()).toBe(false);
    const stop = new AbortController();
    const slots = target.freeSlots(stop.signal);
    stop.abort(new Error('drained'));
    await expect(slots).rejects.toThrow('drained');
  });
});
