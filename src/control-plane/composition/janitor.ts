import { hostname } from 'node:os';
import { Janitor } from '../janitor/janitor.ts';
import { purgeNonces } from '../kernel/access/nonces.sql.ts';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Module } from '../kernel/api/module.ts';
import { purgeSecretAccesses } from '../kernel/approvals/approvals.sql.ts';
import { incompleteArtifactsTask } from '../kernel/artifacts/incomplete-artifacts.ts';
import { auditAnchorTask } from '../kernel/audit/audit-anchor-task.ts';
import { systemClock } from '../kernel/clock.ts';
import { purgeIdempotencyRecords } from '../kernel/idempotency/once.sql.ts';
import { newId } from '../kernel/ids.ts';
import { reclaimExpiredLeasesTask, reportUnrunnableJobsTask } from '../kernel/jobs/job-tasks.ts';
import { watchQueueTask } from '../kernel/jobs/sqs/watch-queue-task.ts';
import { purgeRates } from '../kernel/limits/rate.sql.ts';
import { deliverNotificationsTask } from '../kernel/notifications/deliver-task.ts';
import { retentionTask } from '../kernel/retention/retention-rule.ts';
import { keyRotationTask } from '../kernel/secrets/secret-keys.ts';
import { purgeSessionsTask } from '../kernel/sessions/sessions.ts';
import { type PeriodicTask, purgeTask } from '../kernel/tasks/periodic-task.ts';
import type { OnControlPlaneEvent } from '../kernel/telemetry/control-plane-event.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import { sqsQueue } from './dispatch.ts';
import { retentionRules } from './modules.ts';

const RECLAIM_MAX_MS = 4_000;
const PURGE_MS = 60_000;
const UNRUNNABLE_MS = 10_000;
/** Until a requested run begins. */
const TASK_POLL_MS = 5_000;
/** The longest task reads the clouds in all regions: minutes. */
const RUN_TIMEOUT_MS = 30 * 60_000;

/**
 * Runs the periodic tasks of this process, not yet started: those of the installation in the role `janitor`, those of workers and of
 * the host in the role `worker`. A worker also runs those of jobs, so that it reclaims the jobs of a dead worker when no janitor lives (G7).
 */
export function buildJanitor(
  config: ServerConfig,
  infrastructure: Infrastructure,
  modules: readonly Module[],
  onEvent: OnControlPlaneEvent,
): Janitor | undefined {
  const { roles } = config;
  if (!roles.includes('janitor') && !roles.includes('worker')) return undefined;
  const tasks = jobTasks(config, infrastructure);
  if (roles.includes('janitor'))
    tasks.push(
      ...maintenanceTasks(config, infrastructure),
      retentionTask(retentionRules(config, infrastructure, modules)),
    );
  const role = { installation: 'janitor', worker: 'worker', host: 'worker' } as const;
  const ofModules = modules.flatMap((module) => module.tasks);
  const elsewhere = ofModules.filter(({ scope = 'installation' }) => !roles.includes(role[scope]));
  tasks.push(...ofModules.filter((task) => !elsewhere.includes(task)));
  return new Janitor({
    db: infrastructure.db,
    clock: systemClock,
    tasks,
    runner: `${hostname()}:${process.pid}`,
    otherTasks: roles.includes('janitor') ? elsewhere.map(({ name }) => name) : undefined,
    pollMs: TASK_POLL_MS,
    leaseMs: config.leaseMs,
    runTimeoutMs: RUN_TIMEOUT_MS,
    redact: infrastructure.redactor.redactLine,
    onEvent,
    log: infrastructure.log,
  });
}

/** @returns the source of the installation's CloudEvents: where its API is, when it has a public name */
function sourceOf([host]: readonly string[]): string {
  return host === undefined ? 'urn:ocpctl' : `https://${host}`;
}

function jobTasks({ leaseMs }: ServerConfig, { db, dispatcher }: Infrastructure): PeriodicTask[] {
  return [
    // Dead workers are noticed within the lease and a sixth of it, at most 5 seconds (G7).
    reclaimExpiredLeasesTask(db, dispatcher, Math.min(RECLAIM_MAX_MS, leaseMs / 6)),
    reportUnrunnableJobsTask(db, dispatcher, Math.min(UNRUNNABLE_MS, leaseMs)),
  ];
}

function maintenanceTasks(
  config: ServerConfig,
  { db, secrets, artifacts, auditAnchors }: Infrastructure,
): PeriodicTask[] {
  const { auditAnchorIntervalMs: intervalMs, keyRotationIntervalMs } = config;
  const queue = sqsQueue(config);
  return [
    purgeTask(db, 'purge-idempotency-records', purgeIdempotencyRecords, PURGE_MS),
    purgeTask(db, 'purge-nonces', purgeNonces, PURGE_MS),
    purgeTask(db, 'purge-rate-limits', purgeRates, PURGE_MS),
    purgeTask(db, 'purge-secret-accesses', purgeSecretAccesses, PURGE_MS),
    purgeSessionsTask(db, secrets, PURGE_MS),
    ...(artifacts.removeIncomplete ? [incompleteArtifactsTask(artifacts.removeIncomplete)] : []),
    deliverNotificationsTask({
      ...{ db, secrets, clock: systemClock, random: Math.random },
      allowedNetworks: config.notificationNetworks,
      source: sourceOf(config.publicHosts),
      awsEndpoint: config.awsEndpoint,
      intervalMs: config.notificationIntervalMs,
    }),
    ...(auditAnchors ? [auditAnchorTask({ db, secrets, store: auditAnchors, newId, intervalMs })] : []),
    ...(queue ? [watchQueueTask(queue)] : []),
    ...(secrets.keys ? [keyRotationTask(db, secrets.keys, keyRotationIntervalMs)] : []),
  ];
}
