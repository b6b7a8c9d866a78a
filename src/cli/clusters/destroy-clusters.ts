import type { Cluster, ClusterAccepted } from '../../contract/documents.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { withTarget } from '../errors/with-target.ts';
import { assertSucceeded, followJob } from '../jobs/follow-job.ts';
import { interruptibleWait, withResumeHint } from '../jobs/interruptible-wait.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import { fetchCluster, resolveCluster } from './resolve.ts';

/** Finds all clusters before any of them is changed. With `ifExists`, missing and destroyed ones are skipped. */
export async function findClusters(
  session: Session,
  references: readonly string[],
  ifExists: boolean,
): Promise<Cluster[]> {
  const found = new Map<string, Cluster>();
  for (const reference of references) {
    const cluster = await resolveCluster(session.client, reference).catch((error: unknown) => {
      if (ifExists && isNotFound(error)) return undefined;
      throw error;
    });
    if (cluster === undefined) session.note(`Cluster ${reference} does not exist.`);
    else if (ifExists && cluster.status === 'DESTROYED')
      session.note(`Cluster ${cluster.name} is already destroyed.`);
    else found.set(cluster.id, cluster);
  }
  return [...found.values()];
}

export interface DestroyOutcome {
  readonly accepted: readonly ClusterAccepted[];
  /** The first error; the other clusters were processed anyway. */
  readonly failure: unknown;
}

/** Requests the destroy of each cluster; an error does not stop the others. */
export async function destroyClusters(
  session: Session,
  clusters: readonly Cluster[],
  { reason, ...flags }: SendOnceOptions['flags'] & { readonly reason?: string | undefined },
): Promise<DestroyOutcome> {
  return collectOutcomes(session, clusters, async (cluster) => {
    const { id } = cluster;
    session.actOn({ cluster });
    const { data } = await sendOnce({ flags, check: `ocpctl get ${id}` }, (key) =>
      session.client.POST('/v1/clusters/{id}/destroy', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        ...(reason === undefined ? {} : { body: { reason } }),
      }),
    );
    return data;
  });
}

/** Abandons each cluster. */
export async function abandonClusters(
  session: Session,
  clusters: readonly Cluster[],
  { reason, ...flags }: SendOnceOptions['flags'] & { readonly reason: string },
): Promise<DestroyOutcome> {
  return collectOutcomes(session, clusters, async (cluster) => {
    const { id } = cluster;
    session.actOn({ cluster });
    const { data } = await sendOnce({ flags, check: `ocpctl get ${id}` }, (key) =>
      session.client.POST('/v1/clusters/{id}/abandon', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: { reason },
      }),
    );
    return { cluster: data.cluster, job: null };
  });
}

/** Follows each destroy until it ends. */
export async function waitUntilDestroyed(
  session: Session,
  accepted: readonly ClusterAccepted[],
  timeoutMs: number,
): Promise<DestroyOutcome> {
  const names = accepted.map(({ cluster }) => cluster.name).join(' ');
  const resumeCommand = waitCommand(accepted[0]?.cluster.id ?? names);
  return interruptibleWait(
    { timeoutMs, what: `${names} is still being destroyed`, resumeCommand, contact: session.contact },
    (signal) =>
      collectOutcomes(session, accepted, async ({ cluster, job }) => {
        signal.throwIfAborted();
        if (job === null) return { cluster, job };
        session.actOn({ cluster });
        try {
          const ended = await followJob(session, job, cluster, signal);
          await assertSucceeded(session, ended, signal);
          return { cluster: await fetchCluster(session.client, cluster.id, signal), job: ended };
        } catch (error) {
          // Here, because the error of one cluster does not end the wait for the others.
          throw withResumeHint(error, `return with '${waitCommand(cluster.id)}'`);
        }
      }),
  );
}

function waitCommand(cluster: string): string {
  return `ocpctl wait ${cluster} --for destroyed`;
}

async function collectOutcomes<T>(
  session: Session,
  items: readonly T[],
  work: (item: T) => Promise<ClusterAccepted>,
): Promise<DestroyOutcome> {
  const accepted: ClusterAccepted[] = [];
  let failure: unknown;
  for (const item of items) {
    try {
      accepted.push(await work(item));
    } catch (error) {
      failure ??= await withTarget(session, error);
      // Signals and the timeout end the waiting for all clusters.
      if (error instanceof CliError && error.exitCode !== EXIT.operationFailed) break;
    }
  }
  return { accepted, failure };
}

function isNotFound(error: unknown): boolean {
  return (
    (error instanceof CliError && error.exitCode === EXIT.notFound) ||
    (error instanceof Error && 'status' in error && error.status === 404)
  );
}
