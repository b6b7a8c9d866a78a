import { ApiError, UnreachableError } from '../../client/api-error.ts';
import type { ServerContact } from '../../client/server-contact.ts';
import { formatDuration, shortDuration } from '../../contract/duration.ts';
import { AnnotatedError } from '../errors/annotated-error.ts';
import { InterruptedError, StillRunningError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';

export interface InterruptibleWaitOptions {
  /** 0 means no limit. */
  readonly timeoutMs: number;
  /** What continues on the server when the waiting ends, for example `job_… continues`. */
  readonly what: string | (() => string);
  /** The command that resumes the waiting. */
  readonly resumeCommand: string;
  /** What to do when the waiting ends, if no command resumes it (default: return with that command). */
  readonly resumeHint?: () => string;
  /** Whether the server is known to be there when the waiting ends. */
  readonly contact?: ServerContact;
}

/**
 * Runs work that only observes: Ctrl-C, SIGTERM and the timeout stop the observing, not the operation on the server.
 * @throws InterruptedError or StillRunningError, with the resume command as hint
 */
export async function interruptibleWait<T>(
  options: InterruptibleWaitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { resumeHint = () => `return with '${options.resumeCommand}'` } = options;
  const timeout = new AbortController();
  const timer =
    options.timeoutMs > 0
      ? setTimeout(() => {
          const after = formatDuration(options.timeoutMs);
          timeout.abort(
            new StillRunningError(`timed out after ${after}: ${whatIsKnown(options)}`, resumeHint()),
          );
        }, options.timeoutMs)
      : undefined;
  try {
    return await abortOnSignals(
      (signal) => new InterruptedError(signal, `stopped waiting: ${whatIsKnown(options)}`, resumeHint()),
      (signal) => work(AbortSignal.any([signal, timeout.signal])),
    );
  } catch (error) {
    throw withResumeHint(error, resumeHint());
  } finally {
    clearTimeout(timer);
  }
}

/** Nothing is known of work on a server that is away. */
function whatIsKnown({ what, contact }: InterruptibleWaitOptions): string {
  const state = contact?.state;
  if (state === undefined || state.kind === 'connected') return typeof what === 'string' ? what : what();
  const reason = state.kind === 'lost' ? ` (${state.reason})` : '';
  return `there was no data from the server for the last ${shortDuration(state.forMs)}${reason}`;
}

/** @returns the error, with how to resume the waiting if it was of the connection and not of the work */
export function withResumeHint(error: unknown, resumeHint: string): unknown {
  return isResumable(error) ? new AnnotatedError(error, { resumeHint }) : error;
}

/** The server is away, overloaded, or does not accept the credentials any more. */
function isResumable(error: unknown): boolean {
  if (error instanceof AnnotatedError) return error.resumeHint === undefined && isResumable(error.cause);
  return error instanceof UnreachableError || (error instanceof ApiError && error.status !== 404);
}

/**
 * Runs work with a signal that SIGINT and SIGTERM abort. A second signal exits at once.
 * @param reason creates the error that aborts the work and is thrown
 */
export async function abortOnSignals<T>(
  reason: (signal: 'SIGINT' | 'SIGTERM') => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  // Not `once`: Ink's exit hook kills the process if no other listener is registered while a signal is handled.
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
