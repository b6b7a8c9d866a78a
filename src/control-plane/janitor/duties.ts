import { deadlineDuty } from '../clusters/duties/deadline.ts';
import { checkpointDuty } from '../kernel/audit/checkpoint-duty.ts';
import type { CheckpointStore } from '../kernel/audit/checkpoint-store.ts';
import type { Db } from '../kernel/db/db.ts';
import type { Duty } from '../kernel/duties/duty.ts';
import { purgeDuty, takeOverDuty } from '../kernel/duties/kernel-duties.ts';
import { newId } from '../kernel/ids.ts';
import type { Dispatcher } from '../kernel/jobs/dispatcher.ts';
import type { JobQueue } from '../kernel/jobs/queue.ts';
import { rotationDuty } from '../kernel/secrets/rotation-duty.ts';
import type { SecretStore } from '../kernel/secrets/secret-store.ts';
import { sessionDuty } from '../kernel/sessions/session-duty.ts';

export interface DutySettings {
  readonly leaseMs: number;
  readonly deadlineIntervalMs: number;
  readonly destroyRetryMinutes: number;
  readonly auditCheckpointIntervalMs: number;
  readonly keyRotationIntervalMs: number;
}

/** What duties work with. */
export interface DutyServices {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly dispatcher: Dispatcher;
  readonly secrets: SecretStore;
  readonly checkpoints: CheckpointStore | undefined;
}

const TAKE_OVER_MAX_MS = 4_000;
const PURGE_MS = 60_000;

/** Everything that the installation does by itself. */
export function duties(services: DutyServices, settings: DutySettings): Duty[] {
  const { db, queue, dispatcher, secrets, checkpoints } = services;
  const { leaseMs, deadlineIntervalMs, destroyRetryMinutes } = settings;
  const intervalMs = settings.auditCheckpointIntervalMs;
  return [
    // Dead workers are noticed within the lease and a sixth of it, at most 5 seconds (G7).
    takeOverDuty(db, dispatcher, Math.min(TAKE_OVER_MAX_MS, leaseMs / 6)),
    deadlineDuty(db, queue, { intervalMs: deadlineIntervalMs, retryMinutes: destroyRetryMinutes }),
    purgeDuty(db, PURGE_MS),
    sessionDuty(db, secrets, PURGE_MS),
    ...(checkpoints ? [checkpointDuty({ db, secrets, store: checkpoints, newId, intervalMs })] : []),
    ...(secrets.keys ? [rotationDuty(db, secrets.keys, settings.keyRotationIntervalMs)] : []),
  ];
}
