import * as z from 'zod';
import { listTasks } from '../../tasks/periodic-task.sql.ts';
import type { PeriodicTask } from '../../tasks/periodic-task.ts';
import type { GaugeSource } from '../../telemetry/gauge-source.ts';
import type { SqsQueue } from './sqs-queue.ts';

const NAME = 'watch-wake-up-queue';
const INTERVAL_MS = 60_000;
const resultSchema = z.object({ waiting: z.number(), inFlight: z.number(), deadLetters: z.number() });

/** Counts the messages of the wake-up queue and of its dead-letter queue; it fails when SQS cannot be asked. */
export function watchQueueTask(queue: Pick<SqsQueue, 'state'>): PeriodicTask {
  return {
    name: NAME,
    intervalMs: INTERVAL_MS,
    async run() {
      const { deadLetters, ...counts } = await queue.state();
      if (deadLetters === undefined)
        throw new Error('the wake-up queue has no dead-letter queue: set its redrive policy');
      return { ...counts, deadLetters };
    },
  };
}

/** What the last run of the task counted; without an SQS queue, no figures. */
export const WAKE_QUEUE_GAUGES: GaugeSource = {
  gauges: [
    {
      name: 'wake_queue_messages',
      help: 'Messages of the SQS queue of wake-ups, about a minute old: waiting, in flight, or in its dead-letter queue',
      labels: ['state'],
    },
  ],
  async read(db) {
    const [task] = await db.query(listTasks, { name: NAME });
    const counts = resultSchema.safeParse(task?.lastResult);
    if (!counts.success) return [];
    const { waiting, inFlight, deadLetters } = counts.data;
    const sample = (state: string, value: number) => ({
      name: 'wake_queue_messages',
      labels: { state },
      value,
    });
    return [sample('waiting', waiting), sample('in_flight', inFlight), sample('dead', deadLetters)];
  },
};
