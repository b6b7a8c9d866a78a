import type { Job, JobEvent } from '../contract/documents.ts';
import type { Channel } from './channel.ts';
import { type FollowOptions, followStream } from './follow-stream.ts';
import { encodeStrictly } from './request-target.ts';

/**
 * Follows the events of a job, each once and in order; a lost connection resumes after the last event.
 * @returns the ended job.
 * @throws as `followStream`
 */
export function followEvents(
  client: Pick<Channel, 'open' | 'clock' | 'random' | 'server'>,
  jobId: string,
  options: FollowOptions = {},
): AsyncGenerator<JobEvent, Job> {
  return followStream<JobEvent, Job>(client, `/v1/jobs/${encodeStrictly(jobId)}/events`, options);
}
