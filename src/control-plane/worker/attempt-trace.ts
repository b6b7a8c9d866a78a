import { type Span, type Tracing, traceIdOf } from '../../contract/tracing.ts';
import type { ClaimedJob } from '../kernel/jobs/job.ts';

/** The spans of one attempt: the attempt, its phases, and what runs in them. Without a collector it only passes on the trace of the job. */
export class AttemptTrace {
  readonly #tracing: Tracing | undefined;
  readonly #job: ClaimedJob;
  readonly #attempt: Span | undefined;
  #phase: Span | undefined;

  constructor(job: ClaimedJob, tracing: Tracing | undefined) {
    this.#job = job;
    this.#tracing = tracing;
    this.#attempt = tracing?.start(`job ${job.type}`, {
      kind: 'consumer',
      parent: job.traceparent,
      attributes: {
        'ocpctl.job.id': job.id,
        'ocpctl.job.type': job.type,
        'ocpctl.job.attempt': job.attempt,
        'ocpctl.resource.id': job.resourceId,
        'ocpctl.team': job.team,
      },
    });
  }

  /** What runs now is a part of: undefined when no trace was begun. */
  get traceparent(): string | undefined {
    return (this.#phase ?? this.#attempt)?.traceparent ?? this.#job.traceparent ?? undefined;
  }

  beginPhase(phase: string): void {
    this.#phase?.end();
    this.#phase = this.#tracing?.start(`phase ${phase}`, { parent: this.#attempt?.traceparent });
  }

  /** Runs a program as a span of its own. @param work gets the variable TRACEPARENT of the program */
  async program<T>(name: string, work: (traceparent: string | undefined) => Promise<T>): Promise<T> {
    const span = this.#tracing?.start(name, { kind: 'client', parent: this.traceparent });
    try {
      return await work(span?.traceparent ?? this.traceparent);
    } finally {
      span?.end();
    }
  }

  /** @param error code of the failure, or why the attempt was stopped */
  end(error: string | undefined): void {
    this.#phase?.end();
    this.#attempt?.end({ error });
  }
}

/** What each record of the log about an attempt has. */
export function logFieldsOf({ id, resourceId, type, attempt, fence, traceparent }: ClaimedJob): object {
  const trace = traceparent ? { traceId: traceIdOf(traceparent) } : {};
  return { jobId: id, resourceId, type, attempt, fence, ...trace };
}
