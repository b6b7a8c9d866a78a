import type { components } from '../../contract/api.gen.ts';
import { AppError } from '../kernel/errors.ts';

export type ReadinessDocument = components['schemas']['Readiness'];

export interface ReadinessOptions {
  /** Aborted when the server shuts down. */
  readonly draining: AbortSignal;
  /** False until the server has started. */
  readonly isStarted?: (() => boolean) | undefined;
  /** Throws when the server cannot serve: database away, not migrated. */
  readonly checkReady: () => Promise<void>;
  /** What keeps the worker of this process from claiming jobs; undefined when it has none. */
  readonly workerProblems?: (() => readonly { readonly code: string }[] | undefined) | undefined;
}

/**
 * Whether this process can do its work. Anybody may ask: problems of the worker are named by their codes only, messages have paths.
 * @throws AppError UNAVAILABLE
 */
export async function readReadiness(options: ReadinessOptions): Promise<ReadinessDocument> {
  if (options.draining.aborted)
    throw new AppError('UNAVAILABLE', 'The server is shutting down.', { retryAfterSeconds: 5 });
  if (options.isStarted?.() === false)
    throw new AppError('UNAVAILABLE', 'The server is starting.', { retryAfterSeconds: 1 });
  await options.checkReady();
  const problems = options.workerProblems?.();
  if (problems === undefined) return { status: 'ready' };
  const reasons = [...new Set(problems.map(({ code }) => code))];
  return { status: 'ready', worker: { status: reasons.length > 0 ? 'NOT_READY' : 'READY', reasons } };
}
