import type { Cluster, Job } from '../../contract/documents.ts';
import { shortDuration } from '../../contract/duration.ts';
import { countText, formatDollars, hourlyText } from '../format.ts';
import { clusterExpiresAt } from '../keepalive.ts';

/**
 * The last line of a wait: `✓ demo READY in 38m12s · $1.21 · expires in 7h21m`.
 * @param cluster of a job that succeeded, as it is now; undefined if it could not be read, and for what is not a cluster
 */
export function closingLine(job: Job, cluster: Cluster | undefined, now: Date): string {
  const { resourceName: name, status, attempt } = job;
  const took = shortDuration(
    Math.max(0, Date.parse(job.endedAt ?? job.createdAt) - Date.parse(job.createdAt)),
  );
  if (status === 'CANCELLED') return `✗ ${name}: ${job.type} cancelled after ${took}`;
  if (status === 'FAILED')
    return `✗ ${name}: ${job.type} failed after ${took}${attempt > 1 ? ` and ${attempt} attempts` : ''}`;
  const parts = cluster === undefined ? [] : detailsOf(job, cluster, now);
  return [`✓ ${name} ${outcomeOf(job, cluster)} in ${took}`, ...parts].join(' · ');
}

function outcomeOf({ type }: Job, cluster: Cluster | undefined): string {
  switch (type) {
    case 'CREATE':
      return 'READY';
    case 'DESTROY':
    case 'JANITOR_DESTROY':
      return 'DESTROYED';
    case 'SCALE_WORKERS':
      return cluster === undefined ? 'scaled' : `scaled to ${countText(cluster.workerReplicas, 'worker')}`;
    case 'SWEEP':
      return 'swept';
    case 'BUILD':
      return 'built';
    case 'DEPLOY':
      return 'live';
    case 'RESTART':
      return 'restarted';
    case 'PROVISION':
      return 'available';
    case 'ROTATE':
      return 'rotated';
    case 'BACKUP':
      return 'backed up';
    case 'RESTORE':
      return 'restored';
    case 'VERIFY':
      return 'proven';
    default:
      return 'done';
  }
}

function detailsOf({ type }: Job, cluster: Cluster, now: Date): string[] {
  switch (type) {
    case 'CREATE': {
      const expiresAt = clusterExpiresAt(cluster);
      const left = shortDuration(Math.max(0, Date.parse(expiresAt) - now.getTime()));
      const untilRenewal = expiresAt === cluster.destroyAt ? '' : ' unless it is renewed';
      return [formatDollars(cluster.costToDate), `expires in ${left}${untilRenewal}`];
    }
    case 'DESTROY':
    case 'JANITOR_DESTROY':
      return [`${formatDollars(cluster.costToDate)} in all`];
    case 'SCALE_WORKERS':
      return [hourlyText(cluster.hourlyCost)];
    default:
      return [];
  }
}
