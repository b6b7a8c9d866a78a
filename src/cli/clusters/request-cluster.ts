import { idempotencyKey } from '../../client/api-client.ts';
import { ApiError } from '../../client/api-error.ts';
import type { ClusterAccepted, ClusterPlan } from '../../contract/documents.ts';
import { isBoundByExpiry, keepaliveNote } from '../../render/keepalive.ts';
import { CliError } from '../errors/cli-error.ts';
import { flagOfField } from '../errors/field-names.ts';
import { assertSucceeded, followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import { sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import type { ClusterRequestBody } from './cluster-request.ts';
import { differenceText, type ExistingCluster, findExistingCluster } from './existing-cluster.ts';
import { fetchCluster } from './resolve.ts';

/** Requests a plan (dry run); nothing is stored. */
export async function requestPlan(session: Session, request: ClusterRequestBody): Promise<ClusterPlan> {
  const { data } = await session.client.POST('/v1/clusters', {
    params: { query: { dryRun: true }, header: { 'idempotency-key': idempotencyKey() } },
    body: request,
  });
  if ('installConfig' in data) return data;
  throw new CliError('UNEXPECTED_ANSWER', 'unexpected response to a dry run: the server sent no plan');
}

export type RequestedCluster = ClusterAccepted &
  (ExistingCluster | { readonly alreadyExists?: false; readonly differences?: undefined });

/** Requests a cluster. With `--if-not-exists`, returns an existing one of the same name. */
export async function requestCluster(
  session: Session,
  request: ClusterRequestBody,
  flags: {
    readonly name?: string | undefined;
    readonly 'idempotency-key'?: string | undefined;
    readonly 'if-not-exists': boolean;
  },
): Promise<RequestedCluster> {
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
    if ('cluster' in data) {
      session.actOn(data);
      return ifNotExists ? { ...data, alreadyExists: false } : data;
    }
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
  // The last job of an existing cluster may be a scale that failed.
  if (job === null || cluster.status === 'READY') return accepted;
  const { name, keepalive } = cluster;
  const isTied = keepalive !== null && !isBoundByExpiry(cluster, keepalive);
  const what = isTied
    ? `${name} is still being created, and is destroyed within ${keepalive.minutes}m unless it is renewed`
    : `${name} is still being created`;
  const resumeCommand = isTied ? `ocpctl keepalive ${name}` : `ocpctl wait ${name} --for ready`;
  return interruptibleWait({ timeoutMs, what, resumeCommand, contact: session.contact }, async (signal) => {
    const ended = await followJob(session, job, cluster, signal);
    await assertSucceeded(session, ended, signal);
    return { cluster: await fetchCluster(session.client, cluster.id, signal), job: ended };
  });
}

/** Says that nothing was created, and what the cluster does not have of what was asked for. */
export function noteExisting(session: Session, { cluster, differences }: ExistingCluster): void {
  const { name, status } = cluster;
  session.note(`Cluster ${name} already exists and is ${status}; nothing was created.`);
  for (const difference of differences)
    session.note(
      `Warning: --${flagOfField(difference.field)}: ${differenceText(difference)}; to change it: '${difference.change}'.`,
    );
}

/** Says how to follow the creation, and to keep a cluster that is tied to its client. */
export function noteNext(session: Session, { cluster, alreadyExists }: RequestedCluster): void {
  const { name, status, keepalive } = cluster;
  const isTied = keepalive !== null && !isBoundByExpiry(cluster, keepalive);
  const follow = isTied
    ? `To follow, which does not renew: 'ocpctl logs ${name} -f'.`
    : `To follow: 'ocpctl wait ${name} --for ready' or 'ocpctl logs ${name} -f'.`;
  const parts = [
    ...(alreadyExists ? [] : ['Accepted.']),
    ...(isTied ? [keepaliveNote(cluster, keepalive)] : []),
    ...(status === 'READY' ? [] : [follow]),
  ];
  if (parts.length > 0) session.note(parts.join(' '));
}
