import type { ArtifactErrorCode } from '../artifacts/artifact-error.ts';

/** Why a job failed, by the code that it stores, for docs/errors.md. */
export interface FailureExplanation {
  /** Whether another attempt follows by itself. */
  readonly retried: boolean;
  /** False: the worker's host or the database is the cause, and the attempt is not counted. */
  readonly isCounted?: boolean;
  readonly cause: string;
  readonly remedy: string;
}

/** Failures that any job can have. */
export const KERNEL_FAILURES = {
  WORKER_LOST: {
    retried: true,
    cause:
      'The worker died or lost its lease during the attempt. It is final when this happened in the last attempt; the message has the failure of an earlier attempt as well.',
    remedy:
      'See the log of the worker and its host, which the message names: memory, restarts, the connection to the database. Then start the operation again.',
  },
  TIMED_OUT: {
    retried: true,
    cause: 'The attempt took longer than the limit of its job type.',
    remedy: '`ocpctl logs NAME` shows what it waited for. Raise the limit if the work is only slow.',
  },
  CANCELLED: {
    retried: false,
    cause: '`ocpctl jobs cancel` stopped the job.',
    remedy: 'None.',
  },
  SUPERSEDED: {
    retried: false,
    cause: 'A later job of the resource replaced it while it waited for its first or next attempt.',
    remedy: 'None: the later job continues.',
  },
  INTERNAL: {
    retried: true,
    cause: 'A bug in ocpctl, or an error of the host that it does not know.',
    remedy: 'See the log of the worker, by job id, and report it.',
  },
  DATABASE_UNAVAILABLE: {
    retried: true,
    isCounted: false,
    cause: 'The database did not answer a worker for as long as its lease lasts.',
    remedy: 'None if it was an outage. See the log of the database and of the worker if it lasts.',
  },
  ARTIFACT_KEY_INVALID: {
    retried: true,
    cause: 'An artifact has a key that the store does not accept: a bug.',
    remedy: 'Report it.',
  },
  ARTIFACT_NOT_FOUND: {
    retried: true,
    cause: 'The artifact store does not have the object that the database names.',
    remedy:
      'Check that the store is the one it was written to ([lost artifacts](runbooks/lost-artifacts.md)).',
  },
  ARTIFACT_CONFLICT: {
    retried: true,
    cause: 'Other content is already stored under the same key.',
    remedy: 'Check that no other installation writes below the same prefix.',
  },
  ARTIFACT_CORRUPT: {
    retried: true,
    cause: 'The stored bytes do not have the recorded SHA-256, or the seal does not fit.',
    remedy:
      'Check the disk or bucket. An older snapshot, or the database, is used instead when there is one.',
  },
  STORAGE_FULL: {
    retried: true,
    cause: 'The artifact store or the disk of the worker has no space left.',
    remedy: 'Free some, or raise the quota. A job creates nothing before what undoes it is stored.',
  },
  STORAGE_UNAVAILABLE: {
    retried: true,
    cause: 'The artifact store does not answer or denies access: mount, permissions, bucket policy.',
    remedy: 'Repair the access. A job creates nothing before what undoes it is stored.',
  },
} as const satisfies Readonly<Record<ArtifactErrorCode, FailureExplanation>> &
  Readonly<Record<string, FailureExplanation>>;
