import { expiryTask } from '../clusters/tasks/expiry.ts';
import type { AuditAnchorStore } from '../kernel/audit/audit-anchor-store.ts';
import { auditAnchorTask } from '../kernel/audit/audit-anchor-task.ts';
import type { Db } from '../kernel/db/db.ts';
import { newId } from '../kernel/ids.ts';
import type { Dispatcher } from '../kernel/jobs/dispatcher.ts';
import type { JobQueue } from '../kernel/jobs/queue.ts';
import { keyRotationTask } from '../kernel/secrets/secret-keys.ts';
import type { SecretStore } from '../kernel/secrets/secret-store.ts';
import { purgeSessionsTask } from '../kernel/sessions/sessions.ts';
import { purgeExpiredTask, reclaimExpiredLeasesTask } from '../kernel/tasks/kernel-tasks.ts';
import type { PeriodicTask } from '../kernel/tasks/periodic-task.ts';

export interface DutySettings {
  readonly leaseMs: number;
  readonly deadlineIntervalMs: number;
  readonly destroyRetryMinutes: number;
  readonly auditAnchorIntervalMs: number;
  readonly keyRotationIntervalMs: number;
}

/** What duties work with. */
export interface DutyServices {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly dispatcher: Dispatcher;
  readonly secrets: SecretStore;
  readonly auditAnchors: AuditAnchorStore | undefined;
}

const TAKE_OVER_MAX_MS = 4_000;
const PURGE_MS = 60_000;

/** Everything that the installation does by itself. */
export function duties(services: DutyServices, settings: DutySettings): PeriodicTask[] {
  const { db, queue, dispatcher, secrets, auditAnchors } = services;
  const { leaseMs, deadlineIntervalMs, destroyRetryMinutes } = settings;
  const intervalMs = settings.auditAnchorIntervalMs;
  return [
    // Dead workers are noticed within the lease and a sixth of it, at most 5 seconds (G7).
    reclaimExpiredLeasesTask(db, dispatcher, Math.min(TAKE_OVER_MAX_MS, leaseMs / 6)),
    expiryTask(db, queue, { intervalMs: deadlineIntervalMs, retryMinutes: destroyRetryMinutes }),
    purgeExpiredTask(db, PURGE_MS),
    purgeSessionsTask(db, secrets, PURGE_MS),
    ...(auditAnchors ? [auditAnchorTask({ db, secrets, store: auditAnchors, newId, intervalMs })] : []),
    ...(secrets.keys ? [keyRotationTask(db, secrets.keys, settings.keyRotationIntervalMs)] : []),
  ];
}
