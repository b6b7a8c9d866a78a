import { formatDuration } from '../../render/duration.ts';
import { InterruptedError, StillRunningError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';

export interface InterruptibleWaitOptions {
  /** 0 is no limit. */
  readonly timeoutMs: number;
  /** What goes on without us: `job_… goes on`. */
  readonly what: string;
  /** The command that takes up the waiting again. */
  readonly resumeCommand: string;
}

/**
 * Runs work that only watches: Ctrl-C, SIGTERM and the time limit end the watching and never the work on the server.
 * @throws InterruptedError or StillRunningError, both with the way back as their hint.
 */
export async function interruptibleWait<T>(
  options: InterruptibleWaitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const hint = `return with '${options.resumeCommand}'`;
  const timeout = new AbortController();
  const timer =
    options.timeoutMs > 0
      ? setTimeout(() => {
          const after = formatDuration(options.timeoutMs);
          timeout.abort(new StillRunningError(`gave up waiting after ${after}: ${options.what}`, hint));
        }, options.timeoutMs)
      : undefined;
  try {
    return await abortOnSignals(
      (signal) => new InterruptedError(signal, `stopped waiting: ${options.what}`, hint),
      (signal) => work(AbortSignal.any([signal, timeout.signal])),
    );
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs work with a signal that SIGINT and SIGTERM abort. A second one ends the process at once, as it would without us.
 * @param reason what the work is aborted with, and what is thrown.
 */
export async function abortOnSignals<T>(
  reason: (signal: 'SIGINT' | 'SIGTERM') => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  // Not `once`: Ink's exit hook kills the process when it finds that nobody else listens (any more) while a signal is handled.
  const onSignal = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) process.exit(signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated);
    controller.abort(reason(signal));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(controller.signal);
  } catch (thrown) {
    throw controller.signal.aborted ? controller.signal.reason : thrown;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
