import type { Job } from '../../contract/documents.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';

interface AppJobWait<T> {
  /** Of what the job changes. */
  readonly name: string;
  readonly timeoutMs: number;
  /** What to do when the job fails. */
  readonly hint: string;
  /** Fetches what the job changed. */
  readonly fetch: (signal: AbortSignal) => Promise<T>;
}

/** Follows the job of a service or a database to its end. @throws OperationFailedError */
export function awaitAppJob<T>(
  session: Session,
  job: Job,
  { name, timeoutMs, hint, fetch }: AppJobWait<T>,
): Promise<T> {
  const resumeCommand = `ocpctl wait ${job.id}`;
  const what = `the work on ${name} continues`;
  const waiting = { timeoutMs, resumeCommand, what, contact: session.contact };
  return interruptibleWait(waiting, async (signal) => {
    const ended = await followJob(session, job, { name, mode: 'real' }, signal);
    if (ended.status === 'SUCCEEDED') return fetch(signal);
    const cause = ended.error ?? { code: 'CANCELLED', message: 'it was cancelled' };
    throw new OperationFailedError(cause.code, `${name}: ${cause.message}`, { hint });
  });
}
