import { deadlineDuty } from '../clusters/duties/deadline.ts';
import type { Db } from '../kernel/db/db.ts';
import type { Duty } from '../kernel/duties/duty.ts';
import { purgeDuty, takeOverDuty } from '../kernel/duties/kernel-duties.ts';
import type { Dispatcher } from '../kernel/jobs/dispatcher.ts';
import type { JobQueue } from '../kernel/jobs/queue.ts';
import type { SecretStore } from '../kernel/secrets/secret-store.ts';
import { sessionDuty } from '../kernel/sessions/session-duty.ts';

export interface DutyServices {
  readonly db: Db;
  readonly secrets: SecretStore;
  readonly queue: JobQueue;
  readonly dispatcher: Dispatcher;
}

export interface DutySettings {
  readonly leaseMs: number;
  readonly deadlineIntervalMs: number;
  readonly destroyRetryMinutes: number;
}

const TAKE_OVER_MAX_MS = 4_000;
const PURGE_MS = 60_000;

/** Everything that the installation does by itself. */
export function duties({ db, secrets, queue, dispatcher }: DutyServices, settings: DutySettings): Duty[] {
  const { leaseMs, deadlineIntervalMs, destroyRetryMinutes } = settings;
  return [
    // Dead workers are noticed within the lease and a sixth of it, at most 5 seconds (G7).
    takeOverDuty(db, dispatcher, Math.min(TAKE_OVER_MAX_MS, leaseMs / 6)),
    deadlineDuty(db, queue, { intervalMs: deadlineIntervalMs, retryMinutes: destroyRetryMinutes }),
    purgeDuty(db, PURGE_MS),
    sessionDuty(db, secrets, PURGE_MS),
  ];
}
