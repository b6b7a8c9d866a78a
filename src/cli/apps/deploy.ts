import type { components } from '../../contract/api.gen.ts';
import type { AppDeployment, AppDeploymentPlan, AppService, Job } from '../../contract/documents.ts';
import { hasEnded } from '../../contract/statuses.ts';
import { fetchJob } from '../clusters/resolve.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import { fetchService } from './resolve-service.ts';

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
 * @throws OperationFailedError when it does not become live: the release before serves on
 */
export async function awaitDeployment(
  session: Session,
  { deployment, service }: Pick<Accepted, 'deployment' | 'service'>,
  timeoutMs: number,
): Promise<AppService> {
  const { client, contact } = session;
  const waiting = {
    timeoutMs,
    what: `deployment ${deployment.number} of ${service.name} continues`,
    resumeCommand: `ocpctl app get ${service.id}`,
    contact,
  };
  return interruptibleWait(waiting, async (signal) => {
    const followed = new Set<string>();
    for (;;) {
      const current = await fetchDeployment(session, deployment.id, signal);
      const { jobId } = current;
      if (jobId !== null && !followed.has(jobId)) {
        followed.add(jobId);
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

async function fetchDeployment(session: Session, id: string, signal: AbortSignal): Promise<AppDeployment> {
  return (await session.client.GET('/v1/app/deployments/{id}', { params: { path: { id } }, signal })).data;
}

/** @throws OperationFailedError with the step, the reason and the last lines of the log */
function assertLive(
  { name, release, ready, status }: AppService,
  { state, number, failure, supersededBy, downtimeSeconds }: AppDeployment,
): void {
  if (state === 'LIVE') return;
  const what = `deployment ${number} of ${name}`;
  const serves =
    release === null
      ? 'nothing serves yet'
      : ready === 0
        ? `release ${release} is ${status}: nothing serves now`
        : downtimeSeconds === null
          ? `release ${release} serves on`
          : `release ${release} serves again after ${downtimeSeconds.toFixed(1)} s`;
  if (state === 'SUPERSEDED')
    throw new OperationFailedError('SUPERSEDED', `${what} was superseded by a newer one`, {
      hint: `'ocpctl app get ${name}' shows it (${supersededBy})`,
    });
  if (failure === null) throw new OperationFailedError(state, `${what} was cancelled`, { hint: serves });
  const log = failure.log.length === 0 ? '' : `\n${failure.log.map((line) => `  │ ${line}`).join('\n')}`;
  throw new OperationFailedError(
    failure.code,
    `${what} failed while ${failure.step}: ${failure.message}${log}`,
    {
      hint: serves,
    },
  );
}
