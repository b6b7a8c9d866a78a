import type { Job } from '../../contract/documents.ts';
import { hasEnded } from '../../contract/statuses.ts';
import { fetchJob, isJobId, jobOfCluster, resolveCluster } from '../clusters/resolve.ts';
import type { Session } from '../session.ts';

/**
 * The job whose log a user wants: of a cluster the most recent one, but the failed create rather than the clean-up that followed it,
 * unless that is still running and is to be followed.
 */
export async function findJobOfLogs(session: Session, reference: string, follow: boolean): Promise<Job> {
  const { client } = session;
  if (isJobId(reference)) return fetchJob(client, reference);
  const cluster = await resolveCluster(client, reference);
  session.actOn({ cluster });
  const latest = await jobOfCluster(client, cluster);
  const { name, lastFailure } = cluster;
  if (lastFailure?.type !== 'CREATE' || lastFailure.jobId === latest.id) return latest;
  const all = `'ocpctl jobs list --cluster ${name}' lists all jobs.`;
  if (follow && !hasEnded(latest)) {
    session.note(
      `Following ${latest.id} (${latest.type}), which removes what a failed create left: 'ocpctl logs ${lastFailure.jobId}' shows that. ${all}`,
    );
    return latest;
  }
  session.note(
    `Showing ${lastFailure.jobId} (CREATE), which failed. After it: 'ocpctl logs ${latest.id}' (${latest.type}, ${latest.status}). ${all}`,
  );
  return fetchJob(client, lastFailure.jobId);
}
