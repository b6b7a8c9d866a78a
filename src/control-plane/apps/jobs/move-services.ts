import { systemActor } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { openDatabaseUrl } from '../service/database-secrets.ts';
import { deployRelease } from '../service/deployments.ts';
import { openDatabaseUrls } from '../service/release-databases.ts';
import { renewRelease } from '../service/releases.ts';
import type { DatabaseRow } from '../store/databases.sql.ts';
import { getDeployment, listOpenDeployments, type OpenDeployment } from '../store/deployments.sql.ts';
import { lockEnvironment } from '../store/environments.sql.ts';
import { getRelease } from '../store/releases.sql.ts';
import { listServicesOfEnvironment, lockService, type ServiceRow } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';

/** A deployment that no worker begins with for so long may wait for the slot of this job. */
const UNCLAIMED_LIMIT_MS = 15_000;

/**
 * Deploys each service that has another URL of the database than releases get now, and waits until none has. What a person deploys
 * meanwhile is not superseded: it is waited for, and has the new URL if its release was not made before.
 * @throws JobFailure ROTATION_BLOCKED when a deployment fails
 */
export async function moveServices(
  context: AppJobContext,
  attempt: JobContext,
  database: DatabaseRow,
): Promise<void> {
  const { secrets, clock, pollMs } = context;
  const url = await openDatabaseUrl(secrets, attempt.db, database);
  const outdated = new Map<string, boolean>();
  const isOutdated = async (releaseId: string | null): Promise<boolean> => {
    if (releaseId === null) return false;
    // Releases do not change.
    const known = outdated.get(releaseId);
    if (known !== undefined) return known;
    const used = (await openDatabaseUrls(secrets, attempt.db, releaseId))[database.id];
    outdated.set(releaseId, used !== undefined && used !== url);
    return used !== undefined && used !== url;
  };
  const begun = new Map<string, string>();
  const stalls = new StallWatch(() => clock.monotonicMs());
  for (;;) {
    attempt.signal.throwIfAborted();
    const open: OpenDeployment[] = [];
    let isDone = true;
    const { environmentId } = database;
    for (const service of await attempt.db.query(listServicesOfEnvironment, { environmentId })) {
      const deployments = await attempt.db.query(listOpenDeployments, { serviceId: service.id });
      const releases = [service.liveReleaseId, ...deployments.map(({ releaseId }) => releaseId)];
      const states = await Promise.all(releases.map(isOutdated));
      if (service.status !== 'ACTIVE' || !states.includes(true)) continue;
      isDone = false;
      open.push(...deployments);
      if (deployments.length > 0) continue;
      await assertNotFailed(attempt, service, begun.get(service.id));
      const id = await context.db.tx((tx) => deployAgain(context, tx, attempt, service));
      if (id !== undefined) begun.set(service.id, id);
    }
    if (isDone) return;
    stalls.look(open);
    await clock.sleep(pollMs, attempt.signal);
  }
}

/**
 * Its transaction has no fence, as it locks the environment before lanes: an attempt that lost its lease finds under the lock what the
 * next one did. @returns the id of the deployment; undefined when another one has begun
 */
async function deployAgain(
  context: AppJobContext,
  tx: Tx,
  { job }: JobContext,
  { id, environmentId }: ServiceRow,
): Promise<string | undefined> {
  const [environment] = await tx.query(lockEnvironment, { id: environmentId, teams: null });
  const [service] = await tx.query(lockService, { id, teams: null });
  const [other] = await tx.query(listOpenDeployments, { serviceId: id });
  if (environment?.status !== 'ACTIVE' || service?.status !== 'ACTIVE' || other !== undefined)
    return undefined;
  if (service.liveReleaseId === null) return undefined;
  const [live] = await tx.query(getRelease, { id: service.liveReleaseId });
  if (live === undefined) return undefined;
  const releaseId = await renewRelease(context, tx, service, live, job.requestedBy);
  if (releaseId === live.id) return undefined;
  const actor = {
    ...systemActor('rotation'),
    principal: job.requestedBy,
    traceparent: job.traceparent ?? undefined,
  };
  const { deployment } = await deployRelease(context, tx, actor, service, { releaseId, reason: 'rotation' });
  return deployment.id;
}

async function assertNotFailed(
  attempt: JobContext,
  { name }: ServiceRow,
  id: string | undefined,
): Promise<void> {
  const [deployment] = id === undefined ? [] : await attempt.db.query(getDeployment, { id, teams: null });
  if (deployment === undefined || !['FAILED', 'CANCELLED'].includes(deployment.state)) return;
  const why =
    deployment.errorCode === null
      ? 'was cancelled'
      : `failed: ${deployment.errorCode}: ${deployment.errorMessage}`;
  throw new JobFailure(
    'ROTATION_BLOCKED',
    `service ${name} still uses the old login: its deployment ${deployment.number} ${why}. Both logins are valid.`,
    { retryable: false },
  );
}

/** Gives the slot of the worker away when deployments wait for one. */
class StallWatch {
  readonly #nowMs: () => number;
  #last = '';
  #sinceMs = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  look(open: readonly OpenDeployment[]): void {
    const now = open.map(({ id, state }) => `${id} ${state}`).join();
    if (now !== this.#last) [this.#last, this.#sinceMs] = [now, this.#nowMs()];
    if (!open.some(({ state }) => state === 'QUEUED')) return;
    if (this.#nowMs() - this.#sinceMs < UNCLAIMED_LIMIT_MS) return;
    throw new JobFailure('ROTATION_WAITS', 'deployments wait for a free slot of a worker', {
      retryable: true,
      spendsAttempt: false,
    });
  }
}
