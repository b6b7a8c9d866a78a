import { idempotencyKey } from '../../client/api-client.ts';
import { ApiError } from '../../client/api-error.ts';
import type { ClusterAccepted, ClusterPlan } from '../../contract/documents.ts';
import { isBoundByExpiry } from '../../render/keepalive.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { assertSucceeded, followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import { sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import type { ClusterRequestBody } from './cluster-request.ts';
import { fetchCluster, fetchJob } from './resolve.ts';

/** Requests a plan (dry run); nothing is stored. */
export async function requestPlan(session: Session, request: ClusterRequestBody): Promise<ClusterPlan> {
  const { data } = await session.client.POST('/v1/clusters', {
    params: { query: { dryRun: true }, header: { 'idempotency-key': idempotencyKey() } },
    body: request,
  });
  if ('installConfig' in data) return data;
  throw new CliError('UNEXPECTED_ANSWER', 'unexpected response to a dry run: the server sent no plan');
}

/** Requests a cluster. With `ifNotExists`, returns an existing one of the same name and profile. */
export async function requestCluster(
  session: Session,
  request: ClusterRequestBody,
  flags: {
    readonly name?: string | undefined;
    readonly 'idempotency-key'?: string | undefined;
    readonly 'if-not-exists': boolean;
  },
): Promise<ClusterAccepted> {
  const ifNotExists = flags['if-not-exists'];
  // Without a name the next run makes up another one.
  const options = { flags, check: `ocpctl get ${request.name}`, isRepeatable: flags.name !== undefined };
  const existing = ifNotExists ? await findExistingCluster(session, request) : undefined;
  if (existing !== undefined) return existing;
  try {
    const { data } = await sendOnce(options, (key) =>
      session.client.POST('/v1/clusters', {
        params: { header: { 'idempotency-key': key } },
        body: request,
      }),
    );
    if ('cluster' in data) return data;
    throw new CliError(
      'UNEXPECTED_ANSWER',
      'unexpected response: the server sent a plan instead of a cluster',
    );
  } catch (error) {
    const lostRace = ifNotExists && error instanceof ApiError && error.code === 'NAME_TAKEN';
    const winner = lostRace ? await findExistingCluster(session, request) : undefined;
    if (winner !== undefined) return winner;
    throw error;
  }
}

/** Follows the create job until it ends. @throws OperationFailedError with the cause if it failed */
export async function waitUntilCreated(
  session: Session,
  accepted: ClusterAccepted,
  timeoutMs: number,
): Promise<ClusterAccepted> {
  const { cluster, job } = accepted;
  if (job === null) return accepted;
  const { name, keepalive } = cluster;
  const isTied = keepalive !== null && !isBoundByExpiry(cluster, keepalive);
  const what = isTied
    ? `${name} is still being created, and is destroyed within ${keepalive.minutes}m unless it is renewed`
    : `${name} is still being created`;
  const resumeCommand = isTied ? `ocpctl keepalive ${name}` : `ocpctl wait ${name} --for ready`;
  return interruptibleWait({ timeoutMs, what, resumeCommand }, async (signal) => {
    const ended = await followJob(session, job, cluster, signal);
    assertSucceeded(ended, cluster.name);
    return { cluster: await fetchCluster(session.client, cluster.id, signal), job: ended };
  });
}

const USABLE = new Set(['PENDING', 'CREATING', 'READY', 'SCALING']);

async function findExistingCluster(
  session: Session,
  request: ClusterRequestBody,
): Promise<ClusterAccepted | undefined> {
  const query = { name: request.name, status: 'ACTIVE' as const };
  const { data } = await session.client.GET('/v1/clusters', { params: { query } });
  const cluster = data.items.find(
    ({ baseDomain }) => request.baseDomain === undefined || request.baseDomain === baseDomain,
  );
  if (cluster === undefined) return undefined;
  if (!USABLE.has(cluster.status) || cluster.profile !== request.profile) {
    const state =
      cluster.profile === request.profile ? `is ${cluster.status}` : `uses profile ${cluster.profile}`;
    throw new CliError('STATE_CONFLICT', `cluster "${cluster.name}" already exists and ${state}`, {
      exitCode: EXIT.conflict,
      hint: `choose another name; 'ocpctl get ${cluster.name}' shows the existing cluster`,
    });
  }
  const { jobId } = cluster.lastOperation;
  return { cluster, job: jobId === null ? null : await fetchJob(session.client, jobId) };
}
