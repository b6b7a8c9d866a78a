import type { Cluster, ClusterAccepted } from '../../contract/documents.ts';
import { holdNote } from '../../render/offhours.ts';
import { assertSucceeded, followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import { confirmConsequence } from '../output/prompt.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import { noteUnrenewed } from './keepalive.ts';
import { fetchCluster } from './resolve.ts';

/** Says what a cluster without workers cannot do, and asks. Nothing is said where the control plane runs workloads. */
export async function confirmZeroWorkers(session: Session, cluster: Cluster, yes: boolean): Promise<void> {
  const { data: profile } = await session.client.GET('/v1/profiles/{name}', {
    params: { path: { name: cluster.profile } },
  });
  if (profile.controlPlane.schedulable || !profile.workers.scaleToZero) return;
  const consequence = `without workers, ingress, console and login of ${cluster.name} stop until it is scaled up`;
  if (yes) session.note(`${consequence.charAt(0).toUpperCase()}${consequence.slice(1)}.`);
  await confirmConsequence(session.io, session.promptPolicy, { consequence, yes });
}

/** Requests another number of workers. */
export async function requestScale(
  session: Session,
  { id, name }: Cluster,
  { workers, ...flags }: SendOnceOptions['flags'] & { readonly workers: number },
): Promise<ClusterAccepted> {
  const { data } = await sendOnce({ flags, check: `ocpctl get ${name}` }, (key) =>
    session.client.POST('/v1/clusters/{id}/scale-workers', {
      params: { path: { id }, header: { 'idempotency-key': key } },
      body: { workers },
    }),
  );
  return data;
}

/** Says until when the off-hours schedule leaves the cluster alone, if it has one. */
export function noteHold(session: Session, cluster: Cluster): void {
  const note = holdNote(cluster, session.io.now());
  if (note !== '') session.note(note);
}

/** Follows the scale until it ends. @throws OperationFailedError with the cause if it failed */
export async function waitUntilScaled(
  session: Session,
  { cluster, job }: ClusterAccepted,
  timeoutMs: number,
): Promise<ClusterAccepted> {
  session.actOn({ cluster, job });
  if (job === null) return { cluster, job };
  noteUnrenewed(session, cluster, 'scale');
  const resumeCommand = `ocpctl wait ${job.id}`;
  return interruptibleWait(
    { timeoutMs, what: `${cluster.name} is still being scaled`, resumeCommand, contact: session.contact },
    async (signal) => {
      const ended = await followJob(session, job, cluster, signal);
      await assertSucceeded(session, ended, signal);
      return { cluster: await fetchCluster(session.client, cluster.id, signal), job: ended };
    },
  );
}
