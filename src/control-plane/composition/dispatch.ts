import { systemClock } from '../kernel/clock.ts';
import { SqsQueue } from '../kernel/jobs/sqs/sqs-queue.ts';
import { WakeQueue } from '../kernel/jobs/sqs/wake-queue.ts';
import type { KernelConfig } from '../kernel/settings/kernel-settings.ts';
import type { Log } from '../kernel/telemetry/log.ts';

/** The queue of wake-ups that is configured; nothing is called yet. */
export function sqsQueue(config: KernelConfig): SqsQueue | undefined {
  const { sqsQueueUrl: queueUrl, awsRegion: region } = config;
  return queueUrl === undefined ? undefined : new SqsQueue({ queueUrl, region });
}

/** What wakes workers by SQS, if that is configured. A queue that does not answer keeps no server from starting. */
export function openWakeQueue(config: KernelConfig, log: Log): WakeQueue | undefined {
  const queue = sqsQueue(config);
  return queue && new WakeQueue({ queue, clock: systemClock, random: Math.random, log });
}
