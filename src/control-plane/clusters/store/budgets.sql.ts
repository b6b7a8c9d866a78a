import { statement } from '../../kernel/db/statement.ts';
import { stepCost } from '../../kernel/usage/rate-steps.sql.ts';

const BUDGET_ROW = {
  team: 'text',
  monthlyMicros: 'int8',
  alertPercent: 'int4',
  denyCreates: 'bool',
  updatedAt: 'timestamptz',
  updatedBy: 'text',
} as const;
const COLUMNS = `team, monthly_micros as "monthlyMicros", alert_percent as "alertPercent", deny_creates as "denyCreates",
      updated_at as "updatedAt", updated_by as "updatedBy"`;

export const listBudgets = statement({
  name: 'budgets.list',
  text: `select ${COLUMNS} from budgets where team > $1 order by team limit $2`,
  params: { after: 'text', limit: 'int4' },
  row: BUDGET_ROW,
});

export const getBudget = statement({
  name: 'budgets.get',
  text: `select ${COLUMNS} from budgets where team = $1`,
  params: { team: 'text' },
  row: BUDGET_ROW,
});

/** Of a new budget, where nothing is given. */
export const NEW_BUDGET = { alertPercent: 80, denyCreates: false };

/** What is null stays as it is, and is as in `NEW_BUDGET` for a new budget. */
export const setBudget = statement({
  name: 'budgets.set',
  text: `
    insert into budgets (team, monthly_micros, alert_percent, deny_creates, updated_by)
    values ($1, $2, coalesce($3, ${NEW_BUDGET.alertPercent}), coalesce($4, ${NEW_BUDGET.denyCreates}), $5)
    on conflict (team) do update set monthly_micros = excluded.monthly_micros, alert_percent = coalesce($3, budgets.alert_percent),
      deny_creates = coalesce($4, budgets.deny_creates), updated_by = excluded.updated_by, updated_at = clock_now()
    returning ${COLUMNS}`,
  params: {
    team: 'text',
    monthlyMicros: 'int8',
    alertPercent: 'int4?',
    denyCreates: 'bool?',
    updatedBy: 'text',
  },
  row: BUDGET_ROW,
});

export const removeBudget = statement({
  name: 'budgets.remove',
  text: `delete from budgets where team = $1 returning ${COLUMNS}`,
  params: { team: 'text' },
  row: BUDGET_ROW,
});

/**
 * What the clusters of a team that no schedule scales will cost until they expire, or until `until`, with as many workers as they have or were
 * asked for: micro-dollars per hour x microseconds.
 */
export const sumCommitted = statement({
  name: 'budgets.sum_committed',
  text: `
    select trunc(coalesce(sum(round((hourly_cost
        + greatest(coalesce(requested_workers, 0) - worker_replicas, 0) * worker_hourly_cost)::numeric * 1000000)
      * extract(epoch from least(destroy_at, $2) - clock_now()) * 1000000), 0))::text as "exact"
    from clusters c
    where team = $1 and status <> 'DESTROYED' and proven_empty_at is null and abandoned_at is null and destroy_at > clock_now()
      and not offhours_opt_in and not exists (select from cluster_offhours o where o.cluster_id = c.id)`,
  params: { team: 'text', until: 'timestamptz' },
  row: { exact: 'text' },
});

/** What the clusters that exist have cost since `from`, for the limits of their profiles. */
export const listClusterCosts = statement({
  name: 'budgets.list_cluster_costs',
  text: `
    select c.id, c.name, c.team, c.owner, c.profile,
      sum(${stepCost({ from: '$1', to: 'clock_now()' })})::text as "exact"
    from clusters c join cluster_rates r on r.cluster_id = c.id
    where c.status <> 'DESTROYED' and c.proven_empty_at is null
    group by c.id
    order by c.id`,
  params: { from: 'timestamptz' },
  row: { id: 'text', name: 'text', team: 'text', owner: 'text', profile: 'text', exact: 'text' },
});

/** No row: this budget was alerted of in this month already. Another amount is another budget. */
export const recordBudgetAlert = statement({
  name: 'budgets.record_alert',
  text: `
    insert into budget_alerts (team, cluster_id, month, percent, budget_micros, spent_micros)
    values ($1, $2, $3::text::date, $4, $5, $6)
    on conflict do nothing
    returning team`,
  params: {
    team: 'text',
    clusterId: 'text',
    month: 'text',
    percent: 'int4',
    budgetMicros: 'int8',
    spentMicros: 'int8',
  },
  row: { team: 'text' },
});
