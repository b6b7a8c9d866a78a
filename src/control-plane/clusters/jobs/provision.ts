import { messageOf } from '../../kernel/errors.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { CreateFailure } from './create-failure.ts';
import type { InstallInput } from './install-input.ts';
import { gatherBootstrap, type InstallerRun, runInstaller } from './installer-run.ts';
import { takeSnapshot } from './snapshots.ts';

const GATHER_TIMEOUT_MS = 15 * 60_000;

/** Runs `create cluster` and what its exit code asks for next; snapshots are taken while it runs. */
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
    throw CreateFailure.ofRun(run, context.redactor);
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
  const created = await runInstaller(context, attempt, { ...options, command: 'create', stage: 'cluster' });
  if (created.outcome.next !== 'wait-for-install-complete') return created;
  attempt.event({ kind: 'log', level: 'warn', message: `${created.outcome.summary}; waiting once more` });
  const waited = await runInstaller(context, attempt, {
    ...options,
    command: 'wait-for',
    stage: 'install-complete',
  });
  return waited.outcome.next === 'succeed'
    ? waited
    : { ...waited, records: [...created.records, ...waited.records] };
}

/** What somebody will want to read tomorrow: a failed bootstrap's bundle, and the log, in a last snapshot. */
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
        message: gathered ? 'the bootstrap logs are kept' : 'the bootstrap logs could not be gathered',
      });
    }
    const snapshot = await takeSnapshot(context, attempt, dirs.install, infraId);
    await attempt.commit((tx) => snapshot.record(tx));
  } catch (error) {
    attempt.signal.throwIfAborted();
    attempt.event({
      kind: 'log',
      level: 'warn',
      message: `the evidence could not be kept: ${messageOf(error)}`,
    });
  }
}

/** A snapshot that cannot be taken now must not end a healthy install: the checkpoint is enough to undo it. */
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
      attempt.event({ kind: 'log', level: 'warn', message: `no snapshot this time: ${messageOf(error)}` });
    }
  }
}
