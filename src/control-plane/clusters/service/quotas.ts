import type { components } from '../../../contract/api.gen.ts';
import { readableTeams } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { TeamUsage } from '../policy/cluster-request.ts';
import { countTeamClusters, listBusyTeams } from '../store/quotas.sql.ts';
import { type BudgetUse, presentBudget, teamBudget } from './budgets.ts';
import type { ClusterServices, TeamLimits } from './cluster-services.ts';

type TeamQuotaFields = Omit<components['schemas']['TeamQuota'], 'team'>;

const MAX_TEAMS = 200;
const MS_PER_HOUR = 3_600_000;

/** What a team has and may have (G18). It holds for as long as the team's quota lock is held. */
export async function teamQuotas(limits: TeamLimits, db: Queryable, team: string): Promise<TeamUsage> {
  const [used] = await db.query(countTeamClusters, { team, recent: limits.createsPerHour });
  if (!used) throw new TypeError('a select of aggregates returns one row');
  const { now, recentCreates } = used;
  // The oldest create that counts: when its hour is over, the next one is allowed.
  const last = recentCreates.length < limits.createsPerHour ? undefined : recentCreates.at(-1);
  return {
    now,
    activeClusters: {
      used: used.active,
      limit: limits.activeClusters,
      nextDeadline: used.nextDeadline,
    },
    concurrentCreates: { used: used.creating, limit: limits.concurrentCreates },
    createsPerHour: {
      used: recentCreates.length,
      limit: limits.createsPerHour,
      nextFreeAt: last === undefined ? null : new Date(last.getTime() + MS_PER_HOUR),
    },
  };
}

/** @throws AppError QUOTA_EXCEEDED or RATE_LIMITED with the limit, the use, and when to come back */
export function assertWithinQuota(quotas: TeamUsage): void {
  const { activeClusters, concurrentCreates, createsPerHour, now } = quotas;
  const { nextDeadline } = activeClusters;
  const deadline =
    nextDeadline === null ? '' : `, or wait for the next deadline at ${nextDeadline.toISOString()}`;
  const kinds = [
    { what: 'active clusters', remedy: `destroy one first${deadline}`, ...activeClusters },
    { what: 'creates in progress', remedy: 'wait for one to end first', ...concurrentCreates },
  ];
  const over = kinds.filter(({ used, limit }) => used >= limit);
  const [first] = over;
  if (first) {
    throw new AppError(
      'QUOTA_EXCEEDED',
      `The team has ${first.used} of ${first.limit} ${first.what}: ${first.remedy}.`,
      { errors: over.map(({ what, used, limit }) => problemOf('QUOTA_EXCEEDED', what, used, limit)) },
    );
  }
  const { used, limit, nextFreeAt } = createsPerHour;
  if (nextFreeAt === null) return;
  const seconds = Math.max(1, Math.ceil((nextFreeAt.getTime() - now.getTime()) / 1000));
  throw new AppError(
    'RATE_LIMITED',
    `The team has made ${used} of ${limit} clusters an hour: the next is free at ${nextFreeAt.toISOString()}.`,
    {
      retryAfterSeconds: seconds,
      errors: [problemOf('RATE_LIMITED', 'creates in the last hour', used, limit)],
    },
  );
}

/** Limits and use of the caller's teams. Who sees all teams gets those that have clusters or made some in the last hour. */
export async function readQuotas(
  services: Pick<ClusterServices, 'db' | 'limits'>,
  caller: Caller,
  team: string | undefined,
): Promise<Map<string, TeamQuotaFields>> {
  const own = readableTeams(caller);
  if (team !== undefined && own !== null && !own.includes(team)) {
    throw new AppError('NOT_FOUND', `There is no team ${team}, or it is not one of yours.`);
  }
  const teams = team === undefined ? (own ?? (await busyTeams(services.db))) : [team];
  const entries = teams.map(
    async (name) =>
      [
        name,
        present(await teamQuotas(services.limits, services.db, name), await teamBudget(services.db, name)),
      ] as const,
  );
  return new Map(await Promise.all(entries));
}

async function busyTeams(db: Queryable): Promise<string[]> {
  return (await db.query(listBusyTeams, { limit: MAX_TEAMS })).map(({ team }) => team);
}

function present(quotas: TeamUsage, use: BudgetUse | undefined): TeamQuotaFields {
  const { activeClusters, concurrentCreates, createsPerHour } = quotas;
  return {
    activeClusters: { used: activeClusters.used, limit: activeClusters.limit },
    concurrentCreates,
    createsPerHour: { ...createsPerHour, nextFreeAt: createsPerHour.nextFreeAt?.toISOString() ?? null },
    ...(use && { budget: budgetFields(use) }),
  };
}

function problemOf(code: string, what: string, used: number, limit: number) {
  return { field: 'team', code, message: `${used} of ${limit} ${what}`, allowed: [String(limit)] };
}

function budgetFields(use: BudgetUse) {
  const { monthly, spent, committed, denyCreates } = presentBudget(use);
  return { monthly, spent, committed, denyCreates };
}
