import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from '../../kernel/db/db.ts';
import { ifExists } from '../../kernel/errors.ts';
import { listHeldFences } from '../../kernel/jobs/lease.sql.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { attemptsIn, removeInstallDir } from '../installer/install-dir.ts';

const INTERVAL_MS = 60_000;

/**
 * Removes the directories of attempts that hold no lease: their worker was killed, or lost its lease while it drained. They contain
 * secrets in clear and gigabytes. Directories are listed before leases, so that a new attempt's is never taken for a dead one's.
 */
export function workDirectoriesTask(db: Pick<Db, 'query'>, workDir: string): PeriodicTask {
  return {
    name: 'remove-work-directories',
    intervalMs: INTERVAL_MS,
    scope: 'host',
    async run(signal) {
      const names = (await ifExists(readdir(workDir))) ?? [];
      const found = (await Promise.all(names.map((name) => attemptsIn(join(workDir, name))))).flat();
      if (found.length === 0) return undefined;
      const jobIds = [...new Set(found.map(({ jobId }) => jobId))];
      const held = await db.query(listHeldFences, { jobIds });
      const live = new Set(held.map(({ jobId, fence }) => `${jobId} ${fence}`));
      const dead = found.filter(({ jobId, fence }) => !live.has(`${jobId} ${fence}`));
      for (const { dirs } of dead) {
        if (signal.aborted) return undefined;
        await removeInstallDir(dirs);
      }
      return dead.length > 0 ? { removed: dead.length } : undefined;
    },
  };
}
