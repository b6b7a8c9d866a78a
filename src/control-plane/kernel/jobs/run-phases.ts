import type { JobContext } from './job.ts';

/** @returns a function that runs one phase of the job and records when it begins, ends or fails. Call it in the order of `phases`. */
export function runPhases<Phase extends string>(attempt: JobContext, phases: readonly Phase[]) {
  return async function step<T>(phase: Phase, message: string, work: () => Promise<T>): Promise<T> {
    attempt.signal.throwIfAborted();
    const position = { ordinal: phases.indexOf(phase) + 1, of: phases.length };
    attempt.beginPhase(phase);
    attempt.event({ kind: 'phase', level: 'info', message, data: { state: 'started', ...position } });
    try {
      const result = await work();
      attempt.event({ kind: 'phase', level: 'info', message, data: { state: 'done', ...position } });
      return result;
    } catch (error) {
      if (!attempt.signal.aborted) {
        attempt.event({ kind: 'phase', level: 'error', message, data: { state: 'failed', ...position } });
      }
      throw error;
    }
  };
}
