import { messageOf } from '../../kernel/errors.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { CreateFailure } from './create-failure.ts';
import type { InstallInput } from './install-input.ts';
import { gatherBootstrap, type InstallerRun, runInstallerCommand } from './installer-run.ts';
import { takeSnapshot } from './snapshots.ts';

const GATHER_TIMEOUT_MS = 15 * 60_000;

/** Runs `create cluster`, with periodic snapshots, and what its exit code requires next. */
export async function provision(
  context: ClusterJobContext,
  attempt: JobContext,
  input: InstallInput,
  infraId: string,
): Promise<void> {
  const ended = new AbortController();
  const snapshots = takePeriodicSnapshots(
    context,
    attempt,
    input,
    infraId,
    AbortSignal.any([ended.signal, attempt.signal]),
  );
  try {
    const run = await runToCompletion(context, attempt, input);
    if (run.outcome.next === 'succeed') return;
    await storeDiagnostics(context, attempt, input, infraId, run);
    throw CreateFailure.ofRun(run);
  } finally {
    ended.abort();
    await snapshots;
  }
}

async function runToCompletion(
  context: ClusterJobContext,
  attempt: JobContext,
  { binary, cloud, credentialsMode, dirs }: InstallInput,
): Promise<InstallerRun> {
  const options = { binary, cloud, credentialsMode, dirs, timeoutMs: context.createTimeoutMs };
  const created = await runInstallerCommand(context, attempt, {
    ...options,
    command: 'create',
    stage: 'cluster',
  });
  if (created.outcome.next !== 'wait-for-install-complete') return created;
  attempt.event({ kind: 'log', level: 'warn', message: `${created.outcome.summary}; waiting again` });
  const waited = await runInstallerCommand(context, attempt, {
    ...options,
    command: 'wait-for',
    stage: 'install-complete',
  });
  return waited.outcome.next === 'succeed'
    ? waited
    : { ...waited, records: [...created.records, ...waited.records] };
}

/** Stores a last snapshot for diagnosis, with the log and the bundle of a failed bootstrap. */
async function storeDiagnostics(
  context: ClusterJobContext,
  attempt: JobContext,
  { binary, cloud, credentialsMode, dirs }: InstallInput,
  infraId: string,
  { outcome }: InstallerRun,
): Promise<void> {
  try {
    if (outcome.next === 'gather-then-destroy') {
      const gathered = await gatherBootstrap(context, attempt, {
        binary,
        cloud,
        credentialsMode,
        dirs,
        timeoutMs: GATHER_TIMEOUT_MS,
      });
      attempt.event({
        kind: 'log',
        level: 'info',
        message: gathered ? 'bootstrap logs collected' : 'bootstrap logs could not be collected',
      });
    }
    const snapshot = await takeSnapshot(context, attempt, dirs.install, infraId);
    await attempt.commit((tx) => snapshot.record(tx));
  } catch (error) {
    attempt.signal.throwIfAborted();
    attempt.event({
      kind: 'log',
      level: 'warn',
      message: `diagnostics could not be stored: ${messageOf(error)}`,
    });
  }
}

/** A failed snapshot does not end the install: the checkpoint is enough to destroy it. */
async function takePeriodicSnapshots(
  context: ClusterJobContext,
  attempt: JobContext,
  { dirs }: InstallInput,
  infraId: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const ended = await context.clock.sleep(context.snapshotIntervalMs, signal).then(
      () => false,
      () => true,
    );
    if (ended) return;
    try {
      const snapshot = await takeSnapshot(context, attempt, dirs.install, infraId);
      await attempt.commit((tx) => snapshot.record(tx));
    } catch (error) {
      attempt.event({ kind: 'log', level: 'warn', message: `snapshot failed: ${messageOf(error)}` });
    }
  }
}
