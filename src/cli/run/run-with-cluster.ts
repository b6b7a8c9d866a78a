import { ApiError, thrownMessage } from '../../client/api-error.ts';
import type { Cluster, ClusterAccepted } from '../../contract/documents.ts';
import { dateTime } from '../../render/format.ts';
import type { ClusterRequestBody } from '../clusters/cluster-request.ts';
import { waitUntilDestroyed } from '../clusters/destroy-clusters.ts';
import { renewingBeside } from '../clusters/keepalive.ts';
import { requestCluster } from '../clusters/request-cluster.ts';
import { fetchCluster } from '../clusters/resolve.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { assertSucceeded, followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import { sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import { withKubeconfig } from './cluster-variables.ts';
import { type Program, runCommand } from './program.ts';

export interface ClusterRun {
  /** With a keepalive: what ends the cluster when this process cannot. */
  readonly request: ClusterRequestBody & { readonly keepaliveMinutes: number };
  readonly program: Program;
  /** How long the cluster is kept when the program fails; undefined: not at all. */
  readonly keepOnFailureMinutes: number | undefined;
  /** Time limit of the creation; 0 means no limit. */
  readonly createTimeoutMs: number;
  /** Whether to follow the destroy to its end. */
  readonly wait: boolean;
}

/**
 * Creates a cluster, runs a program with it, and requests its destroy however that ends.
 * @returns the exit code of the program
 * @throws CliError when the cluster was not created, or its destroy was awaited and failed
 */
export async function runWithCluster(session: Session, options: ClusterRun): Promise<number> {
  const { request } = options;
  const accepted = await requestCluster(session, request, { name: request.name, 'if-not-exists': false });
  for (const warning of accepted.warnings ?? []) session.note(`Warning: ${warning}`);
  const { name, id } = accepted.cluster;
  session.note(
    `${name} (${id}) is destroyed when the command ends, and within ${request.keepaliveMinutes}m if ocpctl is killed.`,
  );
  const end = new ClusterEnd(session, accepted.cluster);
  let code: number;
  try {
    code = await renewingBeside(session, accepted.cluster, async () => {
      const ready = await awaitReady(session, accepted, options.createTimeoutMs);
      const exitCode = await withKubeconfig(session, ready, 'ocpctl run', (variables) =>
        runCommand(options.program, {
          env: { ...session.io.env, ...variables },
          isInteractive: session.io.stdin.isTTY === true,
          onSignal: (signal) => void end.destroy(`ocpctl run: ${signal}`),
        }),
      );
      if (exitCode !== 0) session.note(`The command exited with ${exitCode}.`);
      if (exitCode !== 0 && options.keepOnFailureMinutes !== undefined && !end.isRequested)
        await end.keep(options.keepOnFailureMinutes);
      else await end.destroy(`ocpctl run: the command exited with ${exitCode}`);
      return exitCode;
    });
  } catch (error) {
    // The server removes what a failed creation left.
    if (!(error instanceof OperationFailedError))
      await end.destroy('ocpctl run: it ended before the command');
    throw error;
  }
  if (options.wait && end.isRequested) await awaitDestroyed(session, await end.destroyed(), code);
  return code;
}

async function awaitReady(session: Session, accepted: ClusterAccepted, timeoutMs: number): Promise<Cluster> {
  const { cluster, job } = accepted;
  return interruptibleWait({ timeoutMs, what: `${cluster.name} was not READY yet` }, async (signal) => {
    if (job !== null) assertSucceeded(await followJob(session, job, cluster, signal), cluster.name);
    return fetchCluster(session.client, cluster.id, signal);
  });
}

async function awaitDestroyed(
  session: Session,
  accepted: ClusterAccepted | undefined,
  code: number,
): Promise<void> {
  if (accepted === undefined) return;
  const { failure } = await waitUntilDestroyed(session, [accepted], 0);
  if (failure === undefined) return session.note(`${accepted.cluster.name} is destroyed.`);
  if (code === 0) throw failure;
  session.note(`Warning: ${thrownMessage(failure)}`);
}

/** Ends a cluster once; whatever goes wrong here, its keepalive ends it. */
class ClusterEnd {
  readonly #session: Session;
  readonly #cluster: Cluster;
  #destroy: Promise<ClusterAccepted | undefined> | undefined;

  constructor(session: Session, cluster: Cluster) {
    this.#session = session;
    this.#cluster = cluster;
  }

  get isRequested(): boolean {
    return this.#destroy !== undefined;
  }

  async destroy(reason: string): Promise<void> {
    this.#destroy ??= this.#requestDestroy(reason);
    await this.#destroy;
  }

  /** @returns the accepted destroy; undefined if it could not be requested */
  async destroyed(): Promise<ClusterAccepted | undefined> {
    return this.#destroy;
  }

  async #requestDestroy(reason: string): Promise<ClusterAccepted | undefined> {
    const { id, name } = this.#cluster;
    try {
      const { data } = await sendOnce({ flags: {}, check: `ocpctl get ${id}` }, (key) =>
        this.#session.client.POST('/v1/clusters/{id}/destroy', {
          params: { path: { id }, header: { 'idempotency-key': key } },
          body: { reason },
        }),
      );
      this.#session.note(`Destroying ${name}. To follow: 'ocpctl wait ${id} --for destroyed'.`);
      return data;
    } catch (error) {
      this.#noteFailure(`Cannot request the destroy of ${name}`, error);
      return undefined;
    }
  }

  /** Gives the cluster a last keepalive, which is not renewed. */
  async keep(minutes: number): Promise<void> {
    const { id, name } = this.#cluster;
    try {
      const { data } = await sendOnce({ flags: {}, check: `ocpctl get ${id}` }, (key) =>
        this.#session.client.POST('/v1/clusters/{id}/set-keepalive', {
          params: { path: { id }, header: { 'idempotency-key': key } },
          body: { minutes },
        }),
      );
      const { keepalive, destroyAt } = data.cluster;
      const ends = [keepalive?.expiresAt, destroyAt].filter((time) => typeof time === 'string').sort();
      this.#session.note(
        `Kept ${name} until ${dateTime(ends[0] ?? destroyAt)}: 'ocpctl outputs ${name} --kubeconfig FILE' gives access, 'ocpctl destroy ${name}' ends it.`,
      );
    } catch (error) {
      this.#noteFailure(`Cannot keep ${name} for longer`, error);
    }
  }

  #noteFailure(what: string, error: unknown): void {
    const minutes = this.#cluster.keepalive?.minutes;
    const isEnding =
      error instanceof ApiError && (error.code === 'STATE_CONFLICT' || error.code === 'NOT_FOUND');
    this.#session.note(
      isEnding
        ? error.message
        : `Warning: ${what}: ${thrownMessage(error).replace(/\.$/, '')}. The server destroys it within ${minutes}m, because nothing renews it.`,
    );
  }
}
