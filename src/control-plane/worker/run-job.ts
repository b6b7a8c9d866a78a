import { type Backoff, fullJitterMs } from '../kernel/backoff.ts';
import { DatabaseUnavailableError, LeaseLostError, messageOf } from '../kernel/errors.ts';
import { JobFailure, type JobHandler, JobStoppedError } from '../kernel/jobs/job.ts';
import type { Attempt } from './attempt.ts';
import { lostWorkerFailure } from './lost-worker.ts';

export interface RunOptions {
  readonly backoff: Backoff;
  readonly random: () => number;
  /** Called for bugs: errors that are not failures of the job. */
  readonly onBug: (error: unknown, attempt: Attempt) => void;
  /** Called when the worker's host prevented the attempt. */
  readonly onHostFailure: () => void;
}

/**
 * Runs one claimed job to its settlement. Returns without an error when the lease is lost: another worker settles it then.
 * An attempt beyond the maximum means that the worker of the last one died; the job fails without being run.
 */
export async function runJob(attempt: Attempt, handler: JobHandler, options: RunOptions): Promise<void> {
  try {
    const outcome = await outcomeOf(attempt, handler, options);
    await settle(attempt, handler, outcome, options);
    attempt.endTrace(outcome.end === 'failed' ? outcome.failure.code : attempt.stopReason);
  } catch (error) {
    attempt.endTrace(attempt.stopReason ?? 'lease-lost');
    if (error instanceof LeaseLostError || attempt.stopReason === 'lease-lost') return;
    throw error;
  }
}

type Outcome =
  | { readonly end: 'succeeded' }
  | { readonly end: 'stopped' }
  | { readonly end: 'failed'; readonly failure: JobFailure };

async function outcomeOf(attempt: Attempt, handler: JobHandler, options: RunOptions): Promise<Outcome> {
  const { job } = attempt;
  if (job.attempt > job.maxAttempts) return failed(await lostWorkerFailure(attempt));
  const timer = setTimeout(() => attempt.stop('timed-out'), handler.timeoutMs);
  try {
    const done = await handler.run(attempt);
    await attempt.succeed(done);
    return { end: 'succeeded' };
  } catch (error) {
    if (error instanceof LeaseLostError) throw error;
    if (attempt.stopReason === 'timed-out') {
      const minutes = Math.round(handler.timeoutMs / 60_000);
      return failed(
        new JobFailure('TIMED_OUT', `took longer than ${minutes} minutes`, { retryable: true, cause: error }),
      );
    }
    // A handler that finds that its job was superseded stops without waiting for the signal.
    if (error instanceof JobStoppedError) attempt.stop(error.reason);
    if (attempt.signal.aborted) return { end: 'stopped' };
    if (error instanceof JobFailure) return failed(error);
    if (error instanceof DatabaseUnavailableError) return failed(databaseFailure(error));
    options.onBug(error, attempt);
    return failed(new JobFailure('INTERNAL', messageOf(error), { retryable: true, cause: error }));
  } finally {
    clearTimeout(timer);
  }
}

function databaseFailure(cause: DatabaseUnavailableError): JobFailure {
  const message = `the database did not answer for as long as the lease lasts: ${cause.message}`;
  return new JobFailure('DATABASE_UNAVAILABLE', message, { retryable: true, spendsAttempt: false, cause });
}

const failed = (failure: JobFailure): Outcome => ({ end: 'failed', failure });

async function settle(
  attempt: Attempt,
  handler: JobHandler,
  outcome: Outcome,
  options: RunOptions,
): Promise<void> {
  const { job } = attempt;
  if (outcome.end === 'succeeded') return;
  if (outcome.end === 'stopped') {
    if (attempt.stopReason === 'cancelled') return attempt.cancel((tx) => handler.onCancelled(tx, job));
    if (attempt.stopReason === 'draining') return attempt.reschedule(0, undefined);
    throw new JobStoppedError('lease-lost');
  }
  if (!outcome.failure.spendsAttempt) {
    options.onHostFailure();
    const delayMs = fullJitterMs(options.backoff, job.deferrals + 1, options.random);
    return attempt.reschedule(delayMs, outcome.failure);
  }
  if (outcome.failure.retryable && job.attempt < job.maxAttempts) {
    return attempt.reschedule(fullJitterMs(options.backoff, job.attempt, options.random), outcome.failure);
  }
  return attempt.fail(outcome.failure, (tx) => handler.onFailed(tx, job, outcome.failure));
}
