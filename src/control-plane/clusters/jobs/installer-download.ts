import type { JobContext } from '../../kernel/jobs/job.ts';
import { downloadMessages } from '../installer/download-messages.ts';

/** @returns a listener that tells a job's log how the download of its installer gets on. */
export function downloadReporter(context: Pick<JobContext, 'event'>, version: string) {
  return downloadMessages(version, (message) => context.event({ kind: 'log', level: 'info', message }));
}
