import type { JobContext } from '../../kernel/jobs/job.ts';
import { downloadMessages } from '../installer/download-messages.ts';

/** @returns a listener that tells a job's log how the download of its installer gets on. */
export function downloadReporter(attempt: Pick<JobContext, 'event'>, version: string) {
  return downloadMessages(version, (message) => attempt.event({ kind: 'log', level: 'info', message }));
}
