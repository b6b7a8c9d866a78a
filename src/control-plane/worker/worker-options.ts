import type { Tracing } from '../../contract/tracing.ts';
import type { ArtifactStore } from '../kernel/artifacts/artifact-store.ts';
import type { Backoff } from '../kernel/backoff.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import type { Dispatcher } from '../kernel/jobs/dispatcher.ts';
import type { JobHandler } from '../kernel/jobs/job.ts';
import type { OnControlPlaneEvent } from '../kernel/telemetry/control-plane-event.ts';
import type { WorkerMetrics } from '../kernel/telemetry/metrics.ts';

export interface WorkerOptions {
  readonly db: Db;
  /** Where debug output of jobs is stored. */
  readonly artifacts: Pick<ArtifactStore, 'put'>;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly handlers: readonly JobHandler[];
  readonly newId: (prefix: string) => string;
  readonly host: string;
  readonly pid: number;
  readonly roles: readonly string[];
  /** Jobs that this worker runs at the same time. */
  readonly concurrency: number;
  readonly leaseMs: number;
  /** Longest time between two reads of the queue when no wake-up comes. */
  readonly pollMs: number;
  /** How long the result of a check of the host is used, in milliseconds. */
  readonly hostCheckMs: number;
  readonly backoff: Backoff;
  readonly random: () => number;
  /** Removes secrets from the text of events and errors. */
  readonly redact: (text: string) => string;
  readonly metrics?: WorkerMetrics | undefined;
  readonly onEvent?: OnControlPlaneEvent | undefined;
  readonly tracing?: Tracing | undefined;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}
