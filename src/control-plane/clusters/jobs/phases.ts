import type { JobContext } from '../../kernel/jobs/job.ts';

/** Runs one step after the other and records when each begins, ends or fails. */
export function stepper<Phase extends string>(context: JobContext, phases: readonly Phase[]) {
  return async function step<T>(phase: Phase, message: string, work: () => Promise<T>): Promise<T> {
    context.signal.throwIfAborted();
    const place = { ordinal: phases.indexOf(phase) + 1, of: phases.length };
    context.beginPhase(phase);
    context.event({ kind: 'phase', level: 'info', message, data: { state: 'started', ...place } });
    try {
      const result = await work();
      context.event({ kind: 'phase', level: 'info', message, data: { state: 'done', ...place } });
      return result;
    } catch (error) {
      if (!context.signal.aborted) {
        context.event({ kind: 'phase', level: 'error', message, data: { state: 'failed', ...place } });
      }
      throw error;
    }
  };
}
