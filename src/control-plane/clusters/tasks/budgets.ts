import { audit } from '../../kernel/audit/audit.ts';
import { systemActor } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { publishNotification } from '../../kernel/notifications/publish.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { dollars, type MicroDollars, microDollars } from '../../kernel/usage/money.ts';
import { startOfMonth } from '../../kernel/usage/report-period.ts';
import { roundCost } from '../../kernel/usage/usage-sums.ts';
import type { Profile } from '../profiles/profile.ts';
import { useOfBudget } from '../service/budgets.ts';
import type { ClusterServices } from '../service/cluster-services.ts';
import { listBudgets, listClusterCosts, recordBudgetAlert } from '../store/budgets.sql.ts';
import { sumUsage } from '../store/usage.sql.ts';

const INTERVAL_MS = 5 * 60_000;
const MAX_BUDGETS = 10_000;
const ACTOR = systemActor('budgets');

/** Something that may cost so much in a month: a team, or a cluster by its profile. */
interface Limit {
  readonly team: string;
  readonly cluster: { readonly id: string; readonly name: string } | undefined;
  readonly monthly: MicroDollars;
  readonly alertPercent: number;
  readonly spent: MicroDollars;
}

/** What a profile lets one cluster cost in a month, and from which part of it there is an alert. */
export function monthlyLimit({ costControls }: Profile): {
  readonly monthly: MicroDollars;
  readonly alertPercent: number;
} {
  return {
    monthly: microDollars(costControls.maxMonthlyCost),
    alertPercent: costControls.budgetAlertThreshold ?? 80,
  };
}

/**
 * Alerts once a month when a team's budget, or the monthly limit that a profile sets for each cluster, reaches its threshold, and once when
 * it is exceeded. What a month has cost never falls, so only another amount re-arms an alert.
 */
export function budgetsTask({ db, profiles }: Pick<ClusterServices, 'db' | 'profiles'>): PeriodicTask {
  return {
    name: 'evaluate-budgets',
    intervalMs: INTERVAL_MS,
    async run(signal) {
      const month = startOfMonth(await readDatabaseTime(db), 0);
      let alerts = 0;
      for (const budget of await db.query(listBudgets, { after: '', limit: MAX_BUDGETS })) {
        if (signal.aborted) break;
        const { spent } = await useOfBudget(db, budget);
        const { team, monthlyMicros: monthly, alertPercent } = budget;
        alerts += await db.tx((tx) =>
          alert(tx, month, { team, cluster: undefined, monthly, alertPercent, spent }),
        );
      }
      for (const { id, name, team, profile: profileName, exact } of await db.query(listClusterCosts, {
        from: month,
      })) {
        if (signal.aborted) break;
        const profile = profiles.get(profileName);
        if (profile === undefined) continue;
        const limit = {
          team,
          cluster: { id, name },
          ...monthlyLimit(profile),
          spent: roundCost(BigInt(exact)),
        };
        alerts += isReached(limit, limit.alertPercent) ? await db.tx((tx) => alert(tx, month, limit)) : 0;
      }
      return alerts > 0 ? { alerts } : undefined;
    },
  };
}

function isReached({ spent, monthly }: Limit, percent: number): boolean {
  return spent * 100 >= monthly * percent;
}

/** @returns how many alerts were new */
async function alert(tx: Tx, month: Date, limit: Limit): Promise<number> {
  const { team, cluster, monthly, alertPercent, spent } = limit;
  let alerts = 0;
  for (const percent of new Set([alertPercent, 100])) {
    if (!isReached(limit, percent)) continue;
    const clusterId = cluster?.id ?? '';
    const key = { team, clusterId, month: month.toISOString().slice(0, 10), percent, budgetMicros: monthly };
    if ((await tx.query(recordBudgetAlert, { ...key, spentMicros: spent })).length === 0) continue;
    alerts++;
    const type = percent === 100 ? 'budget.exceeded' : 'budget.threshold';
    const figures = {
      month: key.month.slice(0, 7),
      percent,
      monthly: dollars(monthly),
      spent: dollars(spent),
    };
    const reason = `$${figures.spent.toFixed(2)} of $${figures.monthly.toFixed(2)} spent in ${figures.month} (estimate)`;
    const subject = cluster?.id ?? team;
    const subjectName = cluster?.name ?? team;
    const topClusters = await mostExpensive(tx, team, month);
    await publishNotification(tx, {
      type,
      team,
      subject,
      subjectName,
      data: { team, reason, ...figures, topClusters },
    });
    const metadata = { name: subjectName, ...figures };
    await audit(tx, team, ACTOR, { action: type, target: subject, status: 'SUCCESS', metadata });
  }
  return alerts;
}

/** The clusters of a team that cost most in the month: what to look at first. */
async function mostExpensive(tx: Tx, team: string, from: Date) {
  const to = await readDatabaseTime(tx);
  const rows = await tx.query(sumUsage, { from, to, teams: [team], groupBy: 'cluster', offset: 0, limit: 3 });
  return rows
    .filter(({ isTotal }) => !isTotal)
    .map(({ key, name, cost }) => ({ id: key, name, cost: dollars(roundCost(BigInt(cost))) }));
}
