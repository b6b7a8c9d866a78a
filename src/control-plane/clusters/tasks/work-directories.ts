import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import type { Db } from '../../kernel/db/db.ts';
import { ifExists } from '../../kernel/errors.ts';
import { listHeldFences } from '../../kernel/jobs/lease.sql.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import {
  attemptsIn,
  type FoundAttempt,
  jobOfDir,
  removeEmptyJobDir,
  removeInstallDir,
} from '../installer/install-dir.ts';
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
      const failures: unknown[] = [];
      // A directory that cannot be read or removed leaves no other in place.
      const tryTo = (work: Promise<unknown>) => work.catch((error: unknown) => failures.push(error));
      const found: FoundAttempt[] = [];
      for (const { path } of jobDirs) await tryTo(attemptsIn(path).then((some) => found.push(...some)));
      const held = await db.query(listHeldFences, {
        jobIds: [...new Set(jobDirs.map(({ jobId }) => jobId))],
      });
      const live = new Set(held.map(({ jobId, fence }) => `${jobId} ${fence}`));
      const dead = found.filter(({ jobId, fence }) => !live.has(`${jobId} ${fence}`));
      for (const { dirs } of dead) {
        if (signal.aborted) return undefined;
        await tryTo(removeInstallDir(dirs));
      }
      const running = new Set(held.map(({ jobId }) => jobId));
      // A worker that was killed as it began has made no more than these.
      for (const { jobId, path } of jobDirs) if (!running.has(jobId)) await tryTo(removeEmptyJobDir(path));
      if (failures.length > 0) throw failures[0];
      return dead.length > 0 ? { removed: dead.length } : undefined;
    },
  };
}
