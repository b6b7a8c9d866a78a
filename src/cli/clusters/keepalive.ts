import { ApiError, thrownMessage, UnreachableError } from '../../client/api-error.ts';
import { isTransient } from '../../client/outage.ts';
import type { Cluster, KeepaliveDocument } from '../../contract/documents.ts';
import { shortDuration } from '../../contract/duration.ts';
import { isBoundByExpiry, keepaliveNote, type TiedCluster } from '../../render/keepalive.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import type { Session } from '../session.ts';

type RenewedCluster = Pick<Cluster, 'id' | 'name'>;

/** After a failed renewal. */
const RETRY_MS = 5_000;

/** A third of the length, so that an outage of two thirds of it costs nothing. @returns milliseconds between two renewals */
export function renewalIntervalMs(minutes: number): number {
  return (minutes * 60_000) / 3;
}

export interface RenewalOptions {
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly onRenewed?: (keepalive: KeepaliveDocument) => void;
}

/** @returns the keepalive as it is now */
export async function renewOnce(
  { client }: Session,
  { id }: RenewedCluster,
  signal?: AbortSignal,
): Promise<KeepaliveDocument> {
  const params = { path: { id } };
  return (await client.POST('/v1/clusters/{id}/renew-keepalive', { params, signal })).data;
}

/**
 * Renews the keepalive of a cluster until the signal aborts or there is nothing to renew any more; first after one interval.
 * @returns why it ended: the server's words, for example that the cluster is DESTROYING
 * @throws the error of a renewal that will not succeed; the reason of the signal
 */
export async function renewUntilEnd(
  session: Session,
  cluster: RenewedCluster,
  { intervalMs, signal, onRenewed = () => {} }: RenewalOptions,
): Promise<string> {
  let isAway = false;
  for (let waitMs = intervalMs; ; ) {
    await session.client.clock.sleep(waitMs, signal);
    try {
      onRenewed(await renewOnce(session, cluster, signal));
      if (isAway) session.note(`Renewed the keepalive of ${cluster.name}.`);
      isAway = false;
      waitMs = intervalMs;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof ApiError && (error.code === 'STATE_CONFLICT' || error.code === 'NOT_FOUND'))
        return error.message;
      // Without a network no name is resolved either.
      if (!isTransient(error) && !(error instanceof UnreachableError)) throw error;
      if (!isAway)
        session.note(
          `Cannot renew the keepalive of ${cluster.name}: ${error.message.replace(/\.$/, '')}. Trying again every ${shortDuration(Math.min(RETRY_MS, intervalMs))}.`,
        );
      isAway = true;
      waitMs = Math.min(RETRY_MS, intervalMs);
    }
  }
}

/**
 * Runs work while the keepalive of a cluster is renewed beside it, and once more when the work has ended, so that what comes next has the
 * whole length. The work decides how it ends.
 */
export async function keepingAlive<T>(
  session: Session,
  cluster: Cluster,
  work: () => Promise<T>,
): Promise<T> {
  if (cluster.keepalive === null) return work();
  return renewingBeside(session, cluster, async () => {
    try {
      const result = await work();
      await renewLast(session, cluster);
      return result;
    } catch (error) {
      if (error instanceof OperationFailedError) await renewLast(session, cluster);
      throw error;
    }
  });
}

/** Runs work while the keepalive of a cluster, if it has one, is renewed beside it. */
export async function renewingBeside<T>(
  session: Session,
  cluster: Cluster,
  work: () => Promise<T>,
): Promise<T> {
  if (cluster.keepalive === null) return work();
  const done = new AbortController();
  const intervalMs = renewalIntervalMs(cluster.keepalive.minutes);
  const renewals = renewUntilEnd(session, cluster, { intervalMs, signal: done.signal }).then(
    (ended) => session.note(ended),
    (error: unknown) => {
      if (!done.signal.aborted)
        session.note(`The keepalive of ${cluster.name} is not renewed: ${thrownMessage(error)}`);
    },
  );
  try {
    return await work();
  } finally {
    done.abort();
    await renewals;
  }
}

/** Says of a command that only watches a cluster, or changes something else of it, that it does not renew its keepalive. */
export function noteUnrenewed(session: Session, { keepalive, ...cluster }: Cluster, command: string): void {
  if (keepalive !== null && !isBoundByExpiry(cluster, keepalive))
    session.note(`'ocpctl ${command}' does not renew the keepalive: ${keepaliveNote(cluster, keepalive)}`);
}

async function renewLast(session: Session, cluster: RenewedCluster & TiedCluster): Promise<void> {
  try {
    session.note(keepaliveNote(cluster, await renewOnce(session, cluster)));
  } catch (error) {
    // The cluster is being destroyed, or the server is away: the end of the work says more.
    if (!(error instanceof ApiError || error instanceof UnreachableError)) throw error;
  }
}
