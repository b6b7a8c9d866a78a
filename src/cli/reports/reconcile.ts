import type { UsageGroup } from '../../contract/documents.ts';
import { type CostRow, dollarsOf } from './cost-files/cost-row.ts';

/** Estimate and bill of a cluster, a team, or what has no cluster. In US dollars. */
export interface Reconciled {
  /** Cluster id or team; null for untagged spend. */
  readonly key: string | null;
  readonly name: string;
  readonly team: string | null;
  /** Null where there can be none: untagged spend, and clusters that the caller's server or teams do not have. */
  readonly estimate: number | null;
  readonly actual: number;
}

export interface Bill {
  readonly rows: number;
  /** Of the charges, not of the file: a bill has lines of the months before and after. */
  readonly from: Date;
  readonly to: Date;
  readonly byCluster: ReadonlyMap<string, bigint>;
  readonly untagged: bigint;
}

/** Sums a bill by cluster. Its size in memory is that of the clusters, not of the rows. @returns undefined without rows */
export async function sumBill(rows: AsyncIterable<CostRow>): Promise<Bill | undefined> {
  const byCluster = new Map<string, bigint>();
  let [untagged, count, from, to] = [0n, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const { cost, clusterId, start, end } of rows) {
    count++;
    from = Math.min(from, start.getTime());
    to = Math.max(to, end.getTime());
    if (clusterId === undefined) untagged += cost;
    else byCluster.set(clusterId, (byCluster.get(clusterId) ?? 0n) + cost);
  }
  return count === 0
    ? undefined
    : { rows: count, from: new Date(from), to: new Date(to), byCluster, untagged };
}

/** What is compared, most expensive first; untagged spend is a line of its own, last, and never divided among the others. */
export function reconcileClusters(bill: Bill, estimates: readonly UsageGroup[]): Reconciled[] {
  const known = estimates.map(({ key, name, team, cost }) => ({
    key,
    name,
    team,
    estimate: cost,
    actual: dollarsOf(bill.byCluster.get(key) ?? 0n),
  }));
  const ids = new Set(estimates.map(({ key }) => key));
  const unknown = [...bill.byCluster]
    .filter(([id]) => !ids.has(id))
    .map(([id, amount]) => ({ key: id, name: id, team: null, estimate: null, actual: dollarsOf(amount) }));
  return [...[...known, ...unknown].sort(byActual), untaggedLine(bill)];
}

/** The same by team. Clusters that are not known here are a line. */
export function reconcileTeams(bill: Bill, estimates: readonly UsageGroup[]): Reconciled[] {
  const teams = new Map<string, { estimate: number; actual: bigint }>();
  const teamOf = new Map(estimates.map(({ key, team }) => [key, team ?? '']));
  for (const { key, cost } of estimates) {
    const team = teamOf.get(key) ?? '';
    const sums = teams.get(team) ?? { estimate: 0, actual: 0n };
    teams.set(team, {
      estimate: sums.estimate + cost,
      actual: sums.actual + (bill.byCluster.get(key) ?? 0n),
    });
  }
  const unknown = [...bill.byCluster]
    .filter(([id]) => !teamOf.has(id))
    .reduce((sum, [, amount]) => sum + amount, 0n);
  const lines = [...teams].map(([team, { estimate, actual }]) => ({
    key: team,
    name: team,
    team,
    estimate,
    actual: dollarsOf(actual),
  }));
  const others = {
    key: null,
    name: '(unknown clusters)',
    team: null,
    estimate: null,
    actual: dollarsOf(unknown),
  };
  return [...lines.sort(byActual), ...(unknown === 0n ? [] : [others]), untaggedLine(bill)];
}

const untaggedLine = ({ untagged }: Bill): Reconciled => ({
  key: null,
  name: '(untagged)',
  team: null,
  estimate: null,
  actual: dollarsOf(untagged),
});

const byActual = (a: Reconciled, b: Reconciled) =>
  b.actual - a.actual || (b.estimate ?? 0) - (a.estimate ?? 0);
