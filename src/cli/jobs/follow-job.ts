import { followEvents } from '../../client/follow-events.ts';
import type { Cluster, Job, JobEvent } from '../../contract/documents.ts';
import { clockTime } from '../../render/format.ts';
import { closingLine } from '../../render/progress/closing-line.ts';
import { createPlainRenderer } from '../../render/progress/plain.ts';
import type { ProgressRenderer } from '../../render/progress/progress-renderer.ts';
import { initialProgress, type ProgressState } from '../../render/progress/progress-state.ts';
import { reduce, reduceEnd } from '../../render/progress/reduce.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { type ProgressMode, pickMode } from '../output/terminal.ts';
import type { Session } from '../session.ts';
import { contactNotice } from './contact-notice.ts';
import { clusterOfJob, usualDurationsOf } from './job-cluster.ts';

/** By job type of the API. */
const VERBS: Readonly<Partial<Record<string, string>>> = {
  CREATE: 'creating',
  DESTROY: 'destroying',
  JANITOR_DESTROY: 'destroying',
  SCALE_WORKERS: 'scaling',
  SWEEP: 'sweeping',
  BUILD: 'building',
  DEPLOY: 'deploying',
  SCALE: 'scaling',
  RESTART: 'restarting',
  PROVISION: 'creating',
  ROTATE: 'rotating',
  BACKUP: 'backing up',
  RESTORE: 'restoring',
  VERIFY: 'verifying the backup of',
};

function operationOf(jobType: Job['type'], clusterName: string): string {
  return `${VERBS[jobType] ?? `running ${jobType} on`} ${clusterName}`;
}

/**
 * Shows the progress of a job until it ends, and a line on its outcome: live on a terminal, as lines elsewhere, not at all with -q.
 * @returns the ended job, whatever its status.
 */
export async function followJob(
  session: Session,
  job: Job,
  cluster: Pick<Cluster, 'name' | 'mode'>,
  signal: AbortSignal,
): Promise<Job> {
  session.actOn({ job });
  const suffix = cluster.mode === 'sandbox' ? ' in the sandbox' : '';
  const operation = operationOf(job.type, cluster.name);
  const title = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}${suffix} (${job.id})`;
  const { contact } = session;
  const events = followEvents(session.client, job.id, {
    signal,
    contact,
    giveUpAfterMs: Number.POSITIVE_INFINITY,
  });
  const mode = displayMode(session);
  const usualMs = mode === 'none' ? {} : await usualDurationsOf(session, job, cluster.mode, signal);
  let state = initialProgress({ title, job, usualMs });
  const renderer = await createRenderer(session, mode, state);
  session.showNotesWith((text) => renderer.note(text), { showsContact: true });
  const stopTicking = session.io.every(renderer.tickMs, () =>
    renderer.tick(session.io.now(), state, contactNotice(contact.state)),
  );
  let ended: Job;
  try {
    ended = await forEachEvent(events, (event) => {
      const before = state;
      state = reduce(before, event);
      renderer.event(event, before, state);
    });
    state = reduceEnd(state, ended, session.io.now());
  } finally {
    stopTicking();
    session.showNotesWith(undefined);
    await renderer.close(state);
  }
  if (mode !== 'none') {
    const current = ended.status === 'SUCCEEDED' ? await clusterOfJob(session, ended, signal) : undefined;
    const line = closingLine(ended, current, session.io.now());
    session.note(mode === 'plain' ? `${clockTime(session.io.now())} ${line}` : line);
  }
  return ended;
}

/** @throws OperationFailedError with the recorded cause, and what happens to what it left, unless the job succeeded */
export async function assertSucceeded(session: Session, job: Job, signal: AbortSignal): Promise<void> {
  if (job.status === 'SUCCEEDED') return;
  session.actOn({ job });
  const what = operationOf(job.type, job.resourceName);
  const hint = [failureHint(job), ...(await leftoversOf(session, job, signal))].join('; ');
  if (job.status === 'CANCELLED')
    throw new OperationFailedError('CANCELLED', `${what} was cancelled`, { hint });
  const cause = job.error ?? { code: 'OPERATION_FAILED', message: 'no error was recorded' };
  throw new OperationFailedError(cause.code, `${what} failed: ${cause.message}`, { hint });
}

/** Another destroy does not remove a residue that all attempts left. */
function failureHint({ id, type, error, resourceName: clusterName }: Job): string {
  if (error?.code === 'RESIDUE') return residueHint(clusterName);
  const logs = `'ocpctl logs ${id} --level warn' shows the warnings and errors`;
  if (error?.code !== 'WORKER_LOST' || !type.endsWith('DESTROY')) return logs;
  return `${logs}; when the host of the worker is in order, run 'ocpctl destroy ${clusterName}' again`;
}

/** A create that failed has enqueued its own destroy, unless the cluster is preserved. */
async function leftoversOf(session: Session, job: Job, signal: AbortSignal): Promise<string[]> {
  if (job.type !== 'CREATE') return [];
  const cluster = await clusterOfJob(session, job, signal);
  if (cluster === undefined) return [];
  session.actOn({ cluster });
  const { name, status, lastOperation } = cluster;
  switch (status) {
    case 'DESTROYED':
      return ['nothing of the cluster is left'];
    case 'DESTROYING':
      return [
        `what it left is being removed (${lastOperation.jobId}): 'ocpctl wait ${name} --for destroyed'`,
      ];
    case 'FAILED':
      return [`what it left is kept until it expires: 'ocpctl destroy ${name}' removes it`];
    default:
      return [];
  }
}

export function residueHint(clusterName: string): string {
  return (
    `remove the resources in the cloud ('ocpctl get ${clusterName}' lists their ids), then run 'ocpctl destroy ${clusterName}' again; ` +
    `if they cannot be removed, a platform admin can abandon the cluster: 'ocpctl destroy ${clusterName} --abandon --reason TEXT'`
  );
}

/** The live view draws on the terminal of the process, which tests replace. */
function displayMode({ flags, settings, io }: Session): ProgressMode {
  if (flags.quiet) return 'none';
  const mode = pickMode(settings.progress, io.stderr, io.env);
  return mode === 'live' && io.stderr !== process.stderr ? 'plain' : mode;
}

async function createRenderer(
  session: Session,
  mode: ProgressMode,
  state: ProgressState,
): Promise<ProgressRenderer> {
  const { stderr } = session.io;
  const startedAt = session.io.now();
  if (mode === 'none')
    return {
      tickMs: 60_000,
      event: () => {},
      tick: () => {},
      note: (text) => void stderr.write(`${text}\n`),
      close: async () => {},
    };
  if (mode === 'live') {
    // Loading Ink takes longer than everything else together (410 ms), so only the live view does it.
    const { createLiveRenderer } = await import('../../render/progress/live.tsx');
    return createLiveRenderer(process.stderr, state, startedAt);
  }
  return createPlainRenderer((line) => stderr.write(`${line}\n`), startedAt, state.title);
}

/** Passes on every event. @returns the return value of the generator, which `for await` drops */
async function forEachEvent(
  events: AsyncGenerator<JobEvent, Job>,
  onEvent: (event: JobEvent) => void,
): Promise<Job> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
    onEvent(next.value);
  }
}
