/** One attempt at one job. `jobType` is that of the queue, as stored. */
interface JobAttempt {
  readonly jobId: string;
  readonly jobType: string;
  readonly resourceId: string;
  readonly attempt: number;
}

/** What the worker and the janitor of this process did, for programs that embed the library. */
export type ControlPlaneEvent =
  | ({ readonly type: 'job.started' } & JobAttempt)
  /** The attempt is over; the job may be repeated. */
  | ({ readonly type: 'job.attempt-ended'; readonly stopReason: string | undefined } & JobAttempt)
  /** The end of the job is committed. */
  | ({ readonly type: 'job.ended'; readonly status: string } & JobAttempt)
  /** Its jobs are stopped, and another worker may have them. */
  | { readonly type: 'worker.lease-lost'; readonly workerId: string; readonly jobs: number }
  | {
      readonly type: 'task.ended';
      readonly task: string;
      readonly outcome: 'SUCCEEDED' | 'FAILED' | 'INTERRUPTED';
      readonly durationMs: number;
      readonly result: Readonly<Record<string, unknown>> | undefined;
      /** Without secrets. */
      readonly error: string | null;
    };

export type OnControlPlaneEvent = (event: ControlPlaneEvent) => void;

/** @returns a listener that never throws: what fails in the program that listens is logged, and changes nothing here */
export function safeListener(
  listener: OnControlPlaneEvent,
  log: { error(fields: object, message: string): void },
): OnControlPlaneEvent {
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      log.error({ event: event.type, err: error }, 'a listener of events failed');
    }
  };
}
