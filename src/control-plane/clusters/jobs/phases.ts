import type { JobContext } from '../../kernel/jobs/job.ts';

/** Runs one step after the other and records when each begins, ends or fails. */
export function runPhases<Phase extends string>(attempt: JobContext, phases: readonly Phase[]) {
  return async function step<T>(phase: Phase, message: string, work: () => Promise<T>): Promise<T> {
    attempt.signal.throwIfAborted();
    const place = { ordinal: phases.indexOf(phase) + 1, of: phases.length };
    attempt.beginPhase(phase);
    attempt.event({ kind: 'phase', level: 'info', message, data: { state: 'started', ...place } });
    try {
      const result = await work();
      attempt.event({ kind: 'phase', level: 'info', message, data: { state: 'done', ...place } });
      return result;
    } catch (error) {
      if (!attempt.signal.aborted) {
        attempt.event({ kind: 'phase', level: 'error', message, data: { state: 'failed', ...place } });
      }
      throw error;
    }
  };
}
