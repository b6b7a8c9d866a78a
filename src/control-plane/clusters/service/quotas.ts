import type { Queryable } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { TeamQuotas } from '../policy/request.ts';
import { countTeamClusters } from '../store/clusters.ts';
import type { TeamLimits } from './wing.ts';

/** What a team has and may have (G18). It holds for as long as the team's quota lock is held. */
export async function teamQuotas(limits: TeamLimits, db: Queryable, team: string): Promise<TeamQuotas> {
  const [used] = await db.query(countTeamClusters, { team });
  return {
    activeClusters: { used: used?.active ?? 0, limit: limits.activeClusters },
    concurrentCreates: { used: used?.creating ?? 0, limit: limits.concurrentCreates },
  };
}

/** @throws AppError QUOTA_EXCEEDED with the limit, the use, and what would help */
export function refuseOverQuota(quotas: TeamQuotas): void {
  const kinds = [
    { what: 'active clusters', remedy: 'destroy one', ...quotas.activeClusters },
    { what: 'creates in progress', remedy: 'wait for one to end', ...quotas.concurrentCreates },
  ];
  const over = kinds.filter(({ used, limit }) => used >= limit);
  const [first] = over;
  if (!first) return;
  throw new AppError(
    'QUOTA_EXCEEDED',
    `The team has ${first.used} of ${first.limit} ${first.what}: ${first.remedy} first.`,
    {
      errors: over.map(({ what, used, limit }) => ({
        field: 'team',
        code: 'QUOTA_EXCEEDED',
        message: `${used} of ${limit} ${what}`,
        allowed: [String(limit)],
      })),
    },
  );
}
