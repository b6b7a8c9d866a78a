import { UnreachableError } from '../../client/api-error.ts';
import { fetchCluster, fetchJob } from '../clusters/resolve.ts';
import type { Session } from '../session.ts';
import { AnnotatedError, type ErrorTarget } from './annotated-error.ts';

/** Ctrl-C and a lost server must not be delayed by much. */
const REFRESH_MS = 1_000;

/** @returns the error with the cluster and the job that the command acted on, for machine output; text names them in its sentences */
export async function withTarget(session: Session, error: unknown): Promise<unknown> {
  const { target, machineOutput } = session;
  if (!machineOutput || (target.cluster === null && target.job === null)) return error;
  if (error instanceof AnnotatedError && error.target !== undefined) return error;
  return new AnnotatedError(error, { target: isLost(error) ? target : await refreshed(session) });
}

function isLost(error: unknown): boolean {
  return (error instanceof AnnotatedError ? error.cause : error) instanceof UnreachableError;
}

/** With the status of now, if the server says it in time. */
async function refreshed({ client, target }: Session): Promise<ErrorTarget> {
  const signal = AbortSignal.timeout(REFRESH_MS);
  try {
    const job = target.cluster === null && target.job ? await fetchJob(client, target.job.id, signal) : null;
    const clusterId = target.cluster?.id ?? job?.clusterId;
    if (clusterId === undefined) return target;
    const { id, name, status } = await fetchCluster(client, clusterId, signal);
    return { ...target, cluster: { id, name, status } };
  } catch {
    return target;
  }
}
