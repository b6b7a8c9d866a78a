import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { Cloud } from '../clouds/cloud.ts';
import { scanForOrphans } from '../orphans/scan.ts';
import type { OrphanServices } from '../orphans/sighting.ts';

/** Looks for cloud resources whose cluster is unknown or has ended; a task for each cloud, run by a worker that is connected to it. */
export function orphanScanTask(services: OrphanServices, cloud: Cloud, intervalMs: number): PeriodicTask {
  return {
    name: `scan-for-orphans-${cloud.kind}`,
    intervalMs,
    scope: 'worker',
    async run(signal, commit) {
      const result = await scanForOrphans(services, cloud, { signal, commit }).catch((error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      });
      if (result === undefined) return undefined;
      const { account, seen, unread, closed } = result;
      if (seen.length + unread.length + closed.length === 0) return undefined;
      return { account, seen, unread, closed };
    },
  };
}
