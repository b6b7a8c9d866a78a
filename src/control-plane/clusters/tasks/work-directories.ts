import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { Db } from '../../kernel/db/db.ts';
import { ifExists } from '../../kernel/errors.ts';
import { listHeldFences } from '../../kernel/jobs/lease.sql.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { attemptsIn, jobOfDir, removeEmptyJobDir, removeInstallDir } from '../installer/install-dir.ts';
import { removeStaleProbes } from '../installer/work-folder.ts';

const INTERVAL_MS = 60_000;

/**
 * Removes the directories of attempts that hold no lease: their worker was killed, or lost its lease while it drained. They contain
 * secrets in clear and gigabytes. Directories are listed before leases, so that a new attempt's is never taken for a dead one's.
 */
export function workDirectoriesTask(
  db: Pick<Db, 'query'>,
  workDir: string,
  clock: Pick<Clock, 'now'>,
): PeriodicTask {
  return {
    name: 'remove-work-directories',
    intervalMs: INTERVAL_MS,
    scope: 'host',
    async run(signal) {
      const names = (await ifExists(readdir(workDir))) ?? [];
      await removeStaleProbes(workDir, names, clock.now());
      const jobDirs = names.flatMap((name) => {
        const jobId = jobOfDir(name);
        return jobId === undefined ? [] : [{ jobId, path: join(workDir, name) }];
      });
      if (jobDirs.length === 0) return undefined;
      const found = (await Promise.all(jobDirs.map(({ path }) => attemptsIn(path)))).flat();
      const held = await db.query(listHeldFences, {
        jobIds: [...new Set(jobDirs.map(({ jobId }) => jobId))],
      });
      const live = new Set(held.map(({ jobId, fence }) => `${jobId} ${fence}`));
      const dead = found.filter(({ jobId, fence }) => !live.has(`${jobId} ${fence}`));
      for (const { dirs } of dead) {
        if (signal.aborted) return undefined;
        await removeInstallDir(dirs);
      }
      const running = new Set(held.map(({ jobId }) => jobId));
      // A worker that was killed as it began has made no more than these.
      for (const { jobId, path } of jobDirs) if (!running.has(jobId)) await removeEmptyJobDir(path);
      return dead.length > 0 ? { removed: dead.length } : undefined;
    },
  };
}
