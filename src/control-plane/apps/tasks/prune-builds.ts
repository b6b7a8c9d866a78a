import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { pruneBuilds } from '../builder/prune-builds.ts';
import type { AppJobContext } from '../jobs/app-job-context.ts';
import { listBuildDigests, listUnneededBuilds, setBuildRemoved } from '../store/builds.sql.ts';

const INTERVAL_MS = 10 * 60_000;
const BATCH = 50;
/** A build that takes longer was killed. */
const ABANDONED_MS = 24 * 3_600_000;
/** Longer than it takes to store what was built. */
const MIN_AGE_MS = 3_600_000;

/** Removes builds that no release needs; in the database first, so that no rollback begins with one that is gone (P22). */
export function pruneBuildsTask(
  context: AppJobContext,
  { keep, cacheBytes }: { readonly keep: number; readonly cacheBytes: number },
): PeriodicTask {
  return {
    name: 'prune-builds',
    scope: 'host',
    intervalMs: INTERVAL_MS,
    async run(signal) {
      if (!(await context.host.isMine())) return undefined;
      const removed: string[] = [];
      for (const { digest } of await context.db.query(listUnneededBuilds, { keep, limit: BATCH })) {
        if (signal.aborted || digest === null) break;
        const { builder } = await context.host.drivers();
        await context.db.query(setBuildRemoved, { digest });
        await builder.remove(digest);
        removed.push(digest);
      }
      removed.push(...(await removeUnknown(context, cacheBytes)));
      return removed.length > 0 ? { removed } : undefined;
    },
  };
}

/** What no row knows: outputs of builds whose worker was killed before it told, which a retry may find, and what it left half made. */
async function removeUnknown({ db, host }: AppJobContext, cacheBytes: number): Promise<string[]> {
  const { builder } = await host.drivers();
  const rows = await db.query(listBuildDigests, {});
  const now = new Date();
  const pruned = await pruneBuilds(builder, {
    keep: new Set(rows.map(({ digest }) => digest)),
    quotaBytes: cacheBytes,
    ...{ minAgeMs: MIN_AGE_MS, now },
  });
  const abandoned = await builder.removeAbandoned(new Date(now.getTime() - ABANDONED_MS));
  return [...pruned.map(({ digest }) => digest), ...abandoned];
}
