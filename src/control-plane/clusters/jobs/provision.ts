import { messageOf } from '../../kernel/errors.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import { CreateFailure } from './create-failure.ts';
import type { InstallInput } from './install-input.ts';
import { gatherBootstrap, type InstallerRun, runInstaller } from './installer-run.ts';
import { takeSnapshot } from './snapshots.ts';
import type { Workshop } from './workshop.ts';

const GATHER_TIMEOUT_MS = 15 * 60_000;

/** Runs `create cluster` and what its exit code asks for next; snapshots are taken while it runs. */
export async function provision(
  workshop: Workshop,
  context: JobContext,
  input: InstallInput,
  infraId: string,
): Promise<void> {
  const ended = new AbortController();
  const snapshots = takeSnapshots(
    workshop,
    context,
    input,
    infraId,
    AbortSignal.any([ended.signal, context.signal]),
  );
  try {
    const run = await runToTheEnd(workshop, context, input);
    if (run.outcome.next === 'succeed') return;
    await keepEvidence(workshop, context, input, infraId, run);
    throw CreateFailure.ofRun(run, workshop.redactor);
  } finally {
    ended.abort();
    await snapshots;
  }
}

async function runToTheEnd(
  workshop: Workshop,
  context: JobContext,
  { binary, cloud, credentialsMode, dirs }: InstallInput,
): Promise<InstallerRun> {
  const order = { binary, cloud, credentialsMode, dirs, timeoutMs: workshop.createTimeoutMs };
  const created = await runInstaller(workshop, context, { ...order, command: 'create', stage: 'cluster' });
  if (created.outcome.next !== 'wait-for-install-complete') return created;
  context.event({ kind: 'log', level: 'warn', message: `${created.outcome.summary}; waiting once more` });
  const waited = await runInstaller(workshop, context, {
    ...order,
    command: 'wait-for',
    stage: 'install-complete',
  });
  return waited.outcome.next === 'succeed'
    ? waited
    : { ...waited, records: [...created.records, ...waited.records] };
}

/** What somebody will want to read tomorrow: a failed bootstrap's bundle, and the log, in a last snapshot. */
async function keepEvidence(
  workshop: Workshop,
  context: JobContext,
  { binary, cloud, credentialsMode, dirs }: InstallInput,
  infraId: string,
  { outcome }: InstallerRun,
): Promise<void> {
  try {
    if (outcome.next === 'gather-then-destroy') {
      const gathered = await gatherBootstrap(workshop, context, {
        binary,
        cloud,
        credentialsMode,
        dirs,
        timeoutMs: GATHER_TIMEOUT_MS,
      });
      context.event({
        kind: 'log',
        level: 'info',
        message: gathered ? 'the bootstrap logs are kept' : 'the bootstrap logs could not be gathered',
      });
    }
    const snapshot = await takeSnapshot(workshop, context, dirs.install, infraId);
    await context.commit((tx) => snapshot.record(tx));
  } catch (error) {
    context.signal.throwIfAborted();
    context.event({
      kind: 'log',
      level: 'warn',
      message: `the evidence could not be kept: ${messageOf(error)}`,
    });
  }
}

/** A snapshot that cannot be taken now must not end a healthy install: the checkpoint is enough to undo it. */
async function takeSnapshots(
  workshop: Workshop,
  context: JobContext,
  { dirs }: InstallInput,
  infraId: string,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const ended = await workshop.clock.sleep(workshop.snapshotIntervalMs, signal).then(
      () => false,
      () => true,
    );
    if (ended) return;
    try {
      const snapshot = await takeSnapshot(workshop, context, dirs.install, infraId);
      await context.commit((tx) => snapshot.record(tx));
    } catch (error) {
      context.event({ kind: 'log', level: 'warn', message: `no snapshot this time: ${messageOf(error)}` });
    }
  }
}
