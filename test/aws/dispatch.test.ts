import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  onTestFinished,
  test,
} from 'vitest';
import { eventually } from '../e2e/eventually.ts';
import { type ElasticMq, startElasticMq } from '../setup/elastic-mq.ts';
import { DispatchFleet } from './dispatch-fleet.ts';

const moto = inject('moto');
let elasticMq: ElasticMq | undefined;
let missing: string | undefined;

beforeAll(async () => {
  elasticMq = await startElasticMq().catch((error: Error) => {
    if (process.env['OCPCTL_REQUIRE_ELASTICMQ'] === '1') throw error;
    missing = error.message;
    return undefined;
  });
  if (missing !== undefined)
    process.stderr.write(`\nNOTHING WAS TRIED ON ELASTICMQ, it cannot be started: ${missing}\n\n`);
}, 400_000);
afterAll(() => elasticMq?.stop());

const ENGINES = {
  moto: () => ('endpoint' in moto ? moto.endpoint : undefined),
  ElasticMQ: () => elasticMq?.endpoint,
};

describe.each(Object.entries(ENGINES))('wake-ups by SQS, on %s', (_name, endpointOf) => {
  let fleet: DispatchFleet;
  beforeEach(async ({ skip }) => {
    const endpoint = endpointOf();
    if (endpoint === undefined) return skip();
    fleet = await DispatchFleet.open(endpoint);
  });
  afterEach(() => fleet?.close());

  test('50 workers that only SQS wakes run every job once, those of a resource in order', async () => {
    await fleet.workers(50, { concurrency: 1 });
    const total = await fleet.enqueueAll(40, 5);
    await fleet.done.reaches(total);
    expect(fleet.disorder(40, 5)).toEqual([]);
    expect(fleet.warnings).toEqual([]);
  });

  test('a second wake-up within the five minutes of deduplication arrives', async () => {
    await fleet.worker();
    const producer = await fleet.producer();
    for (let n = 0; n < 3; n++) {
      await producer.enqueue('res-0', n);
      await fleet.done.reaches(n + 1);
    }
    expect(fleet.disorder(1, 3)).toEqual([]);
  });

  test('messages are removed after the claim; repeated and reordered ones cost claims only', async () => {
    fleet.proxy.set({ copies: 3, reorderMs: 200 });
    await fleet.workers(5, { concurrency: 4 });
    const total = await fleet.enqueueAll(10, 5);
    await fleet.done.reaches(total);
    await eventually('the queue is empty', async () => {
      const { waiting, inFlight } = await fleet.sqs().state();
      return waiting + inFlight === 0;
    });
    expect(fleet.disorder(10, 5)).toEqual([]);
  });

  test('a job behind others in its lane sends no message', async () => {
    const producer = await fleet.producer();
    for (let n = 0; n < 5; n++) await producer.enqueue('res-0', n);
    await eventually('the first is announced', async () => (await fleet.sqs().state()).waiting === 1);
    await fleet.worker();
    await fleet.done.reaches(5);
    expect(fleet.disorder(1, 5)).toEqual([]);
    expect(fleet.proxy.count('SendMessageBatch')).toBe(1);
  });

  test('messages whose time is over come again and change nothing', async () => {
    fleet.proxy.set({ keep: 1 });
    await fleet.workers(3, { visibilitySeconds: 1 });
    const total = await fleet.enqueueAll(6, 2);
    await fleet.done.reaches(total);
    const received = fleet.proxy.count('DeleteMessageBatch');
    await eventually('messages come again', () => fleet.proxy.count('DeleteMessageBatch') > received + 3);
    expect(fleet.disorder(6, 2)).toEqual([]);
  });

  test('lost messages cost a poll interval', async () => {
    fleet.proxy.set({ lose: 1 });
    await fleet.workers(3, { pollMs: 200 });
    await fleet.done.reaches(await fleet.enqueueAll(6, 2));
    expect(fleet.disorder(6, 2)).toEqual([]);
  });

  test('messages of others end in the dead-letter queue, and its depth is known', async () => {
    await fleet.worker({ visibilitySeconds: 1 });
    for (const body of ['not of ocpctl', '{"version":22}', '{"version":1,"resourceId":""}'])
      await fleet.client.send(
        new SendMessageCommand({
          QueueUrl: new URL(new URL(fleet.queueUrl).pathname, endpointOf()).href,
          MessageBody: body,
          MessageGroupId: body.length.toString(),
          MessageDeduplicationId: body.length.toString(),
        }),
      );
    await fleet.done.reaches(await fleet.enqueueAll(3, 2));
    await eventually(
      'the dead-letter queue has them',
      async () => (await fleet.sqs().state()).deadLetters === 3,
      {
        withinMs: 60_000,
      },
    );
    expect(fleet.disorder(3, 2)).toEqual([]);
    expect(new Set(fleet.warnings)).toEqual(
      new Set(['messages in the wake-up queue that are not of ocpctl; left to the dead-letter queue']),
    );
    const { Attributes } = await fleet.client.send(
      new GetQueueAttributesCommand({ QueueUrl: fleet.deadLettersUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes?.['ApproximateNumberOfMessages']).toBe('3');
  });

  test.each(['reset', 'silent'] as const)('an outage (%s) only slows, and is told once', async (outage) => {
    const workers = await fleet.workers(3, { pollMs: 300 });
    const producer = await fleet.producer();
    fleet.proxy.set({ outage });
    for (let n = 0; n < 4; n++) for (let r = 0; r < 3; r++) await producer.enqueue(`res-${r}`, n);
    await fleet.done.reaches(12);
    expect(fleet.disorder(3, 4)).toEqual([]);
    const told = await eventually('the outage is known', () => fleet.warnings.length > 0 && fleet.warnings);
    expect(told.every((message) => message.endsWith('polling covers for it'))).toBe(true);
    expect(told.length).toBeLessThanOrEqual(workers.length + 1);
  });

  test('after an outage wake-ups arrive again', async () => {
    await fleet.worker();
    const producer = await fleet.producer();
    fleet.proxy.set({ outage: 'reset' });
    await producer.enqueue('res-0', 0);
    await eventually('it was tried', () => fleet.proxy.count('SendMessageBatch') >= 2);
    fleet.proxy.set({});
    await fleet.done.reaches(1);
  });

  test('a worker without free slots takes no messages from the others', async () => {
    const begun: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    fleet.work = async (resourceId) => {
      begun.push(resourceId);
      if (resourceId === 'res-busy') await held;
    };
    await fleet.worker({ concurrency: 1 });
    const producer = await fleet.producer();
    await producer.enqueue('res-busy', 0);
    await eventually('the worker is busy', () => begun.includes('res-busy'));
    await fleet.worker({ concurrency: 1 });
    for (let r = 0; r < 5; r++) await producer.enqueue(`res-${r}`, 0);
    await fleet.done.reaches(5);
    release();
    await fleet.done.reaches(6);
    expect(fleet.disorder(5, 1)).toEqual([]);
  });

  test('engines are switched with jobs in flight: nothing is lost', async () => {
    fleet.work = () => new Promise((resolve) => setTimeout(resolve, 20));
    const before = await fleet.workers(3, { engine: 'NOTIFY', pollMs: 500 });
    await fleet.enqueueAll(8, 3, { engine: 'NOTIFY' });
    const after = fleet.workers(3, { pollMs: 500 });
    const notify = await fleet.producer({ engine: 'NOTIFY' });
    const sqs = await fleet.producer();
    for (let n = 3; n < 9; n++)
      await Promise.all(
        Array.from({ length: 8 }, (_, r) => (r % 2 === 0 ? notify : sqs).enqueue(`res-${r}`, n)),
      );
    await after;
    await Promise.all(before.map((worker) => worker.stop(10_000)));
    await fleet.done.reaches(72);
    expect(fleet.disorder(8, 9)).toEqual([]);
  });
});

/** .ci/run: two minutes. */
const OUTAGE_MS = Number(process.env['OCPCTL_QUEUE_OUTAGE_MS'] ?? 3_000);

test(
  'an outage of minutes, while jobs go on arriving: each starts within the poll interval, and wake-ups come back',
  async ({ skip }) => {
    const endpoints = Object.values(ENGINES).flatMap((endpointOf) => endpointOf() ?? []);
    if (endpoints.length === 0) return skip();
    const outcomes = await Promise.all(endpoints.map(workThroughOutage));
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ doneInOutage: true, disorder: [], isTooOften: false });
  },
  OUTAGE_MS + 120_000,
);

async function workThroughOutage(endpoint: string) {
  const fleet = await DispatchFleet.open(endpoint);
  onTestFinished(() => fleet.close());
  await fleet.workers(3, { pollMs: 300 });
  const producer = await fleet.producer();
  fleet.proxy.set({ outage: 'reset' });
  const until = performance.now() + OUTAGE_MS;
  let jobs = 0;
  while (performance.now() < until) {
    for (let r = 0; r < 3; r++) await producer.enqueue(`res-${r}`, jobs);
    jobs += 1;
    await fleet.done.reaches(jobs * 3);
  }
  const doneInOutage = fleet.done.items.length === jobs * 3;
  // Three workers and a producer, each with pauses of half a second to 20 s, and two tries of the SDK at a time.
  const isTooOften = fleet.proxy.calls.length > 4 * 2 * (10 + OUTAGE_MS / 10_000);
  await fleet.worker();
  fleet.proxy.set({});
  const sent = fleet.proxy.count('DeleteMessageBatch');
  await producer.enqueue('res-0', jobs);
  await fleet.done.reaches(jobs * 3 + 1);
  await eventually('wake-ups come back', () => fleet.proxy.count('DeleteMessageBatch') > sent);
  return {
    doneInOutage,
    isTooOften,
    disorder: [
      ...fleet.disorder(1, jobs + 1),
      ...fleet.warnings.filter((text) => !text.endsWith('polling covers for it')),
    ],
  };
}
