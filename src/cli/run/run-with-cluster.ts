import { ApiError, thrownMessage } from '../../client/api-error.ts';
import type { Cluster, ClusterAccepted } from '../../contract/documents.ts';
import { formatDuration } from '../../contract/duration.ts';
import type { ClusterRequestBody } from '../clusters/cluster-request.ts';
import { renewingBeside } from '../clusters/keepalive.ts';
import { requestCluster } from '../clusters/request-cluster.ts';
import { fetchCluster } from '../clusters/resolve.ts';
import { onEndSignals } from '../end-signals.ts';
import { CliError, InterruptedError, OperationFailedError, StillRunningError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { awaitCluster } from '../jobs/await-cluster.ts';
import { assertSucceeded, followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';
import { ClusterEnd } from './cluster-end.ts';
import { clusterVariables, withPrivateFolder } from './cluster-variables.ts';
import { type Program, type ProgramEnd, runCommand } from './program.ts';

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
export async function runWithCluster(session: Session, run: ClusterRun): Promise<number> {
  return withPrivateFolder(async (folder) => {
    const { request } = run;
    const accepted = await requestCluster(session, request, {
      name: request.name,
      'if-not-exists': false,
    }).catch(withoutIfNotExists);
    for (const warning of accepted.warnings ?? []) session.note(`Warning: ${warning}`);
    const { name, id } = accepted.cluster;
    session.note(
      `${name} (${id}) is destroyed when the command ends, and within ${request.keepaliveMinutes}m if ocpctl is killed.`,
    );
    const end = new ClusterEnd(session, accepted.cluster, request.keepaliveMinutes);
    const code = await runAndEnd(session, run, accepted, end, folder);
    if (run.wait && end.isRequested) await awaitDestroyed(session, accepted.cluster, end, code);
    else if (end.isRequested) session.note(`To follow: 'ocpctl wait ${id} --for destroyed'.`);
    return code;
  });
}

/** A run needs a cluster of its own. */
function withoutIfNotExists(error: unknown): never {
  if (!(error instanceof ApiError && error.code === 'NAME_TAKEN')) throw error;
  const hint = 'choose another name, or leave it away for a generated one';
  throw new CliError(error.code, error.message, { exitCode: EXIT.conflict, hint, cause: error });
}

/** From here to the requested destroy, no signal ends this process. */
async function runAndEnd(
  session: Session,
  run: ClusterRun,
  accepted: ClusterAccepted,
  end: ClusterEnd,
  folder: string,
): Promise<number> {
  const interruption = new AbortController();
  let isRunning = false;
  const stop = onEndSignals((signal) => {
    // The program and its own handler decide.
    if (isRunning) return;
    end.stopRetries();
    const name = signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM';
    interruption.abort(
      new InterruptedError(name, `interrupted before the command of ${accepted.cluster.name} ran`),
    );
  });
  try {
    return await renewingBeside(session, accepted.cluster, async () => {
      const ready = await awaitReady(session, accepted, run.createTimeoutMs, interruption.signal);
      const variables = await clusterVariables(session.client, ready, folder, 'ocpctl run');
      interruption.signal.throwIfAborted();
      isRunning = true;
      const ended = await runCommand(run.program, {
        env: { ...session.io.env, ...variables },
        isInteractive: session.io.stdin.isTTY === true,
        onSignal: (signal) => void end.destroy(`ocpctl run: ${signal}`),
      });
      isRunning = false;
      return endAfter(session, run, ended, end);
    });
  } catch (error) {
    // The server removes what a failed creation left.
    if (!(error instanceof OperationFailedError))
      await end.destroy('ocpctl run: it ended before the command');
    throw error;
  } finally {
    stop();
  }
}

async function awaitReady(
  session: Session,
  { cluster, job }: ClusterAccepted,
  timeoutMs: number,
  interrupted: AbortSignal,
): Promise<Cluster> {
  const timeout = new AbortController();
  const message = `timed out after ${formatDuration(timeoutMs)}: ${cluster.name} was not READY yet`;
  const timer =
    timeoutMs > 0
      ? setTimeout(() => timeout.abort(new StillRunningError(message, undefined)), timeoutMs)
      : undefined;
  const signal = AbortSignal.any([interrupted, timeout.signal]);
  try {
    if (job !== null) await assertSucceeded(session, await followJob(session, job, cluster, signal), signal);
    return await fetchCluster(session.client, cluster.id, signal);
  } catch (thrown) {
    throw signal.aborted ? signal.reason : thrown;
  } finally {
    clearTimeout(timer);
  }
}

/** A program that a signal ended was cancelled: it did not fail. */
async function endAfter(
  session: Session,
  { keepOnFailureMinutes }: ClusterRun,
  { code, signal }: ProgramEnd,
  end: ClusterEnd,
): Promise<number> {
  if (code !== 0) session.note(`The command exited with ${code}.`);
  const isKept = code !== 0 && signal === undefined && !end.isRequested;
  if (isKept && keepOnFailureMinutes !== undefined) await end.keep(keepOnFailureMinutes);
  else await end.destroy(`ocpctl run: the command exited with ${code}`);
  return code;
}

async function awaitDestroyed(
  session: Session,
  { id, name }: Cluster,
  end: ClusterEnd,
  code: number,
): Promise<void> {
  try {
    const refused = await end.destroy('ocpctl run');
    if (refused !== undefined) throw refused;
    const what = `${name} is still being destroyed`;
    await interruptibleWait(
      { timeoutMs: 0, what, resumeCommand: `ocpctl wait ${id} --for destroyed`, contact: session.contact },
      (signal) => awaitCluster(session, id, 'destroyed', signal),
    );
    session.note(`${name} is destroyed.`);
  } catch (error) {
    if (code === 0) throw error;
    session.note(`Warning: ${thrownMessage(error)}`);
  }
}
