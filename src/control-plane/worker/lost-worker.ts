import { listEndedAttempts } from '../kernel/jobs/events.sql.ts';
import { JobFailure } from '../kernel/jobs/job.ts';
import type { Attempt } from './attempt.ts';

const CODE = 'WORKER_LOST';
const REMEDY = 'check the log and the memory of that host, then start the operation again';

/** The failure of a job whose last attempt was lost with its worker: where that was, and what ended the attempts before it. */
export async function lostWorkerFailure({ db, job }: Attempt): Promise<JobFailure> {
  const { id, maxAttempts } = job;
  const ended = await db.query(listEndedAttempts, { jobId: id });
  const last = ended.find(({ attempt, code }) => attempt === maxAttempts && code === CODE);
  const before = ended.filter(({ attempt }) => attempt < maxAttempts);
  // Servers of an older version record no event of a lost worker.
  const what =
    last?.message ?? `the worker stopped answering during attempt ${maxAttempts} of ${maxAttempts}`;
  return new JobFailure(CODE, `${what} (${REMEDY})${earlier(before)}`, { retryable: false });
}

function earlier(ended: readonly { attempt: number; code: string; message: string }[]): string {
  const failed = ended.find(({ code }) => code !== CODE);
  if (failed !== undefined) return `; attempt ${failed.attempt} failed: ${failed.code}: ${failed.message}`;
  return ended.length === 0 ? '' : '; the workers of the attempts before it were lost as well';
}
