import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '../../src/control-plane/kernel/clock.ts';
import type { Db } from '../../src/control-plane/kernel/db/db.ts';
import { newId } from '../../src/control-plane/kernel/ids.ts';
import { createDispatcher, type Dispatcher } from '../../src/control-plane/kernel/jobs/dispatcher.ts';
import { JobQueue } from '../../src/control-plane/kernel/jobs/queue.ts';
import { SqsQueue } from '../../src/control-plane/kernel/jobs/sqs/sqs-queue.ts';
import { WakeQueue } from '../../src/control-plane/kernel/jobs/sqs/wake-queue.ts';
import { Worker } from '../../src/control-plane/worker/worker.ts';
import { Collected, handler } from '../control-plane/worker/worker-fixture.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { SqsProxy } from '../setup/sqs-proxy.ts';
import { CREDENTIALS, REGION } from './kit.ts';

/** Only wake-ups start jobs in a test that does not set it. */
const NEVER_MS = 10 * 60_000;

export interface FleetWorkerOptions {
  readonly engine?: 'SQS' | 'NOTIFY';
  readonly concurrency?: number;
  readonly pollMs?: number;
  readonly visibilitySeconds?: number;
}

/** Workers and producers on one database and one queue, which is reached through a faulty proxy. */
export class DispatchFleet {
  readonly database: TestDatabase;
  readonly proxy: SqsProxy;
  readonly queueUrl: string;
  readonly deadLettersUrl: string;
  readonly warnings: string[] = [];
  /** `RESOURCE:N` of each job that was run. */
  readonly done = new Collected<string>();
  readonly problems: string[] = [];
  /** Work of a job; it may wait. */
  work: (resourceId: string) => Promise<void> = async () => {};
  readonly #client: SQSClient;
  readonly #running = new Set<string>();
  readonly #workers: Worker[] = [];
  readonly #dispatchers: Dispatcher[] = [];

  private constructor(database: TestDatabase, proxy: SqsProxy, client: SQSClient, urls: [string, string]) {
    this.database = database;
    this.proxy = proxy;
    this.#client = client;
    [this.queueUrl, this.deadLettersUrl] = urls;
  }

  static async open(endpoint: string): Promise<DispatchFleet> {
    const proxy = await SqsProxy.start(endpoint);
    const client = new SQSClient({ endpoint, region: REGION, credentials: CREDENTIALS });
    const suffix = newId('q').slice(-10);
    const deadLetters = await createQueue(client, `dead-${suffix}.fifo`, {});
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ['QueueArn'] }),
    );
    const queue = await createQueue(client, `wake-${suffix}.fifo`, {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: Attributes?.['QueueArn'],
        maxReceiveCount: '3',
      }),
    });
    const through = new URL(new URL(queue).pathname, proxy.endpoint).href;
    return new DispatchFleet(await createTestDatabase(), proxy, client, [through, deadLetters]);
  }

  get db(): Db {
    return this.database.db;
  }

  /** For messages that are not of ocpctl, past the proxy. */
  get client(): SQSClient {
    return this.#client;
  }

  sqs(visibilitySeconds = 30): SqsQueue {
    const { queueUrl } = this;
    return new SqsQueue({
      ...{ queueUrl, region: REGION, credentials: CREDENTIALS },
      ...{ waitSeconds: 2, visibilitySeconds },
    });
  }

  async dispatcher({ engine = 'SQS', visibilitySeconds }: FleetWorkerOptions = {}): Promise<Dispatcher> {
    const log = { info: () => {}, warn: (_: object, message: string) => void this.warnings.push(message) };
    const queue =
      engine === 'SQS'
        ? new WakeQueue({
            queue: this.sqs(visibilitySeconds),
            clock: systemClock,
            random: Math.random,
            log,
          })
        : undefined;
    const dispatcher = await createDispatcher(this.db, () => {}, queue);
    this.#dispatchers.push(dispatcher);
    return dispatcher;
  }

  async worker(options: FleetWorkerOptions = {}): Promise<Worker> {
    const { concurrency = 2, pollMs = NEVER_MS } = options;
    const worker = new Worker({
      db: this.db,
      artifacts: { put: async (key) => ({ uri: key, sha256: '', sizeBytes: 0 }) },
      clock: systemClock,
      dispatcher: await this.dispatcher(options),
      handlers: [
        handler('test.work', ({ job }) => this.#run(job.resourceId, (job.payload as { n: number }).n)),
      ],
      newId,
      host: 'test',
      pid: process.pid,
      roles: ['worker'],
      concurrency,
      leaseMs: 60_000,
      pollMs,
      hostCheckMs: 0,
      backoff: { baseMs: 1, maxMs: 10 },
      random: () => 1,
      redact: (text) => text,
      log: {
        info() {},
        warn: (_, message) => void this.warnings.push(message),
        error: (_, message) => void this.problems.push(message),
      },
    });
    this.#workers.push(worker);
    await worker.start();
    return worker;
  }

  workers(count: number, options: FleetWorkerOptions = {}): Promise<Worker[]> {
    return Promise.all(Array.from({ length: count }, () => this.worker(options)));
  }

  /** What an API server does: no worker in its process hears it. */
  async producer(
    options: FleetWorkerOptions = {},
  ): Promise<{ enqueue(resourceId: string, n: number): Promise<string> }> {
    const queue = new JobQueue(await this.dispatcher(options), newId, 3);
    return {
      enqueue: (resourceId, n) =>
        this.db.tx((tx) =>
          queue.enqueue(tx, {
            ...{ resourceId, type: 'test.work', payload: { n }, resourceName: resourceId },
            ...{ team: 'team', requestedBy: 'local:test' },
          }),
        ),
    };
  }

  /** Enqueues `jobs` jobs for each of `resources` resources, one round after the other. */
  async enqueueAll(resources: number, jobs: number, options: FleetWorkerOptions = {}): Promise<number> {
    const producer = await this.producer(options);
    for (let n = 0; n < jobs; n++)
      await Promise.all(Array.from({ length: resources }, (_, r) => producer.enqueue(`res-${r}`, n)));
    return resources * jobs;
  }

  /** Each job ran once, those of a resource one at a time and in their order. @returns what was wrong */
  disorder(resources: number, jobs: number): string[] {
    const wanted = Array.from({ length: jobs }, (_, n) => n).join();
    const wrong = Array.from({ length: resources }, (_, r) => `res-${r}`).flatMap((id) => {
      const seen = this.done.items
        .filter((item) => item.startsWith(`${id}:`))
        .map((item) => item.split(':')[1]);
      return seen.join() === wanted ? [] : [`${id}: ${seen.join()}`];
    });
    return [...this.problems, ...wrong];
  }

  async close(): Promise<void> {
    this.proxy.set({});
    await Promise.all(this.#workers.map((worker) => worker.stop(0)));
    await Promise.all(this.#dispatchers.map((dispatcher) => dispatcher.close()));
    await this.proxy.stop();
    this.#client.destroy();
    await this.database.drop();
  }

  async #run(resourceId: string, n: number): Promise<Record<string, never>> {
    if (this.#running.has(resourceId)) this.problems.push(`two jobs of ${resourceId} at a time`);
    this.#running.add(resourceId);
    await this.work(resourceId);
    this.#running.delete(resourceId);
    this.done.add(`${resourceId}:${n}`);
    return {};
  }
}

async function createQueue(
  client: SQSClient,
  QueueName: string,
  attributes: Record<string, string>,
): Promise<string> {
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true', ...attributes } }),
  );
  if (QueueUrl === undefined) throw new Error(`no queue ${QueueName}`);
  return QueueUrl;
}
