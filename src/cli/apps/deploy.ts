import type { components } from '../../contract/api.gen.ts';
import type { AppDeployment, AppDeploymentPlan, AppService, Job } from '../../contract/documents.ts';
import { hasEnded } from '../../contract/statuses.ts';
import { fetchJob } from '../clusters/resolve.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import { failureHint } from './failure-hint.ts';
import { fetchService, serviceCommand } from './resolve-service.ts';

export type DeploymentRequest = components['schemas']['DeploymentRequest'];
type Accepted = { readonly deployment: AppDeployment; readonly service: AppService; readonly job: Job };

const POLL_MS = 1_000;
const ENDED = new Set<AppDeployment['state']>(['LIVE', 'FAILED', 'CANCELLED', 'SUPERSEDED']);

/** What a deploy would do; nothing is stored. */
export async function fetchPlan(session: Session, body: DeploymentRequest): Promise<AppDeploymentPlan> {
  const { data } = await sendOnce({ flags: { 'dry-run': true }, check: 'ocpctl app list' }, (key) =>
    session.client.POST('/v1/app/deployments', {
      params: { query: { dryRun: true }, header: { 'idempotency-key': key } },
      body,
    }),
  );
  return data as AppDeploymentPlan;
}

export async function requestDeployment(
  session: Session,
  body: DeploymentRequest,
  flags: SendOnceOptions['flags'],
): Promise<Accepted> {
  const { data } = await sendOnce({ flags, check: `ocpctl app get ${body.service}` }, (key) =>
    session.client.POST('/v1/app/deployments', {
      params: { query: { dryRun: false }, header: { 'idempotency-key': key } },
      body,
    }),
  );
  return data as Accepted;
}

/**
 * Follows a deployment through its jobs, first the build and then the deploy, until it is live.
 * @throws OperationFailedError when it does not become live: the release before stays live
 */
export async function awaitDeployment(
  session: Session,
  { deployment, service }: Pick<Accepted, 'deployment' | 'service'>,
  timeoutMs: number,
): Promise<AppService> {
  const { client, contact } = session;
  const jobs = new Set<string>();
  const waiting = {
    timeoutMs,
    what: `deployment ${deployment.number} of ${service.name} continues`,
    resumeCommand: serviceCommand(service),
    resumeHint: () => followHint(service, jobs),
    contact,
  };
  return interruptibleWait(waiting, async (signal) => {
    for (;;) {
      const current = await fetchDeployment(session, deployment.id, signal);
      const { jobId } = current;
      if (jobId !== null && !jobs.has(jobId)) {
        jobs.add(jobId);
        const job = await fetchJob(client, jobId, signal);
        if (!hasEnded(job)) await followJob(session, job, { name: service.name, mode: 'real' }, signal);
        continue;
      }
      if (ENDED.has(current.state)) {
        const now = await fetchService(client, service.id, signal);
        assertLive(now, current);
        return now;
      }
      await client.clock.sleep(POLL_MS, signal);
    }
  });
}

/** A deployment has one job after another, so that no job can be waited for until it is live. @param jobs the newest last */
export function followHint(service: AppService, jobs: Iterable<string>): string {
  const newest = [...jobs].at(-1);
  const shown = `'${serviceCommand(service)}' shows it`;
  return newest === undefined ? shown : `${shown}; 'ocpctl jobs cancel ${newest}' cancels it`;
}

async function fetchDeployment(session: Session, id: string, signal: AbortSignal): Promise<AppDeployment> {
  return (await session.client.GET('/v1/app/deployments/{id}', { params: { path: { id } }, signal })).data;
}

/** @throws OperationFailedError with the step, the reason and the last lines of the log */
function assertLive(service: AppService, { state, number, failure, downtimeSeconds }: AppDeployment): void {
  if (state === 'LIVE') return;
  const { name, release, ready, status } = service;
  const what = `deployment ${number} of ${name}`;
  const serves =
    release === null
      ? 'no release is live yet'
      : ready === 0
        ? `release ${release} is ${status}: no instance answers`
        : downtimeSeconds === null
          ? `release ${release} is still live`
          : `release ${release} is live again after ${downtimeSeconds.toFixed(1)} s`;
  const hint = `'${serviceCommand(service)}' shows it`;
  if (state === 'SUPERSEDED')
    throw new OperationFailedError('SUPERSEDED', `${what} was superseded by a newer one`, {
      hint,
    });
  if (failure === null) throw new OperationFailedError(state, `${what} was cancelled; ${serves}`, { hint });
  const log = failure.log.length === 0 ? '' : `\n${failure.log.map((line) => `  │ ${line}`).join('\n')}`;
  throw new OperationFailedError(
    failure.code,
    `${what} failed while ${failure.step}: ${failure.message} (${serves})${log}`,
    { hint: failureHint(service, failure) },
  );
}
