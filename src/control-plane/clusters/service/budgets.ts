import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { AppError } from '../../kernel/errors.ts';
import { newTeamWarningsField } from '../../kernel/jobs/team-warnings.ts';
import { Listing } from '../../kernel/listing.ts';
import { dollars, type MicroDollars } from '../../kernel/usage/money.ts';
import { startOfMonth } from '../../kernel/usage/report-period.ts';
import { sumIntervals } from '../../kernel/usage/usage-intervals.sql.ts';
import { roundCost } from '../../kernel/usage/usage-sums.ts';
import { getBudget, listBudgets, NEW_BUDGET, removeBudget, setBudget } from '../store/budgets.sql.ts';
import { sumUsage } from '../store/usage.sql.ts';
import { committedCost } from './commitments.ts';

type Schemas = components['schemas'];
export type BudgetRow = RowOf<typeof getBudget>;
type NewBudget = Schemas['NewBudget'];

/** A team's budget of this month: what was spent, and what the clusters and applications that exist will cost until they expire or the month ends. */
export interface BudgetUse {
  readonly budget: BudgetRow;
  readonly now: Date;
  readonly monthEnd: Date;
  readonly spent: MicroDollars;
  readonly committed: MicroDollars;
}

export async function useOfBudget(db: Queryable, budget: BudgetRow): Promise<BudgetUse> {
  const now = await readDatabaseTime(db);
  const from = startOfMonth(now, 0);
  const monthEnd = startOfMonth(now, 1);
  const { team } = budget;
  const query = { from, to: now, teams: [team], groupBy: 'team', offset: 0, limit: 0 };
  const [clusters] = await db.query(sumUsage, query);
  const [others] = await db.query(sumIntervals, query);
  const spent = roundCost(BigInt(clusters?.cost ?? '0') + BigInt(others?.cost ?? '0'));
  return { budget, now, monthEnd, spent, committed: await committedCost(db, team, now, monthEnd) };
}

export async function teamBudget(db: Queryable, team: string): Promise<BudgetUse | undefined> {
  const [budget] = await db.query(getBudget, { team });
  return budget && useOfBudget(db, budget);
}

/** What would be added to the costs of a team. */
export interface AddedCost {
  /** In the plural or with a pronoun, as in "for this one". */
  readonly what: string;
  /** What it costs until it ends, or until a time. */
  costUntil(now: Date, until: Date): Promise<MicroDollars>;
}

/**
 * @throws AppError BUDGET_EXCEEDED, with the figures, when the team's budget refuses more and would be exceeded
 */
export async function assertWithinBudget(
  db: Queryable,
  team: string,
  { what, costUntil }: AddedCost,
): Promise<void> {
  const use = await teamBudget(db, team);
  if (use === undefined || !use.budget.denyCreates) return;
  const planned = await costUntil(use.now, use.monthEnd);
  const total = use.spent + use.committed + planned;
  if (planned <= 0 || total <= use.budget.monthlyMicros) return;
  const money = (amount: MicroDollars) => `$${dollars(amount).toFixed(2)}`;
  const limit = money(use.budget.monthlyMicros);
  const sum = `${money(use.spent)} spent this month + ${money(use.committed)} more this month for what exists + ${money(planned)} for ${what} = ${money(total)}, of ${limit}`;
  throw new AppError('BUDGET_EXCEEDED', `The budget of team ${team} would be exceeded: ${sum}.`, {
    errors: [
      {
        field: 'team',
        code: 'BUDGET_EXCEEDED',
        message: `${money(total)} of ${limit} this month`,
        allowed: [limit],
      },
    ],
  });
}

const BUDGETS = new Listing('budgets', z.string().max(63));

export async function pageBudgets(db: Queryable, caller: Caller, query: { limit?: number; cursor?: string }) {
  const limit = query.limit ?? 50;
  const after = BUDGETS.decodeCursor(query.cursor, caller.principal) ?? '';
  const page = BUDGETS.page(
    await db.query(listBudgets, { after, limit: limit + 1 }),
    limit,
    caller.principal,
    ({ team }) => team,
  );
  const items = [];
  for (const row of page.rows) items.push(presentBudget(await useOfBudget(db, row)));
  return { items, nextCursor: page.nextCursor };
}

export async function setTeamBudget(tx: Tx, caller: Caller, wanted: NewBudget): Promise<Schemas['Budget']> {
  const [row] = await tx.query(setBudget, { ...budgetValues(wanted), updatedBy: caller.principal });
  if (!row) throw new TypeError('an upsert returns its row');
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'budget.set',
    target: wanted.team,
    status: 'SUCCESS',
    metadata: {
      monthly: dollars(row.monthlyMicros),
      alertPercent: row.alertPercent,
      denyCreates: row.denyCreates,
    },
  });
  return withWarnings(tx, await useOfBudget(tx, row));
}

async function withWarnings(db: Queryable, use: BudgetUse): Promise<Schemas['Budget']> {
  return { ...presentBudget(use), ...(await newTeamWarningsField(db, use.budget.team)) };
}

/** The budget that would be set; nothing is stored. */
export async function planBudget(
  db: Queryable,
  caller: Caller,
  wanted: NewBudget,
): Promise<Schemas['Budget']> {
  const [present] = await db.query(getBudget, { team: wanted.team });
  const values = budgetValues(wanted);
  const row = {
    ...values,
    alertPercent: values.alertPercent ?? (present ?? NEW_BUDGET).alertPercent,
    denyCreates: values.denyCreates ?? (present ?? NEW_BUDGET).denyCreates,
    updatedBy: caller.principal,
    updatedAt: await readDatabaseTime(db),
  };
  return withWarnings(db, await useOfBudget(db, row));
}

const budgetValues = ({ team, monthly, alertPercent, denyCreates }: NewBudget) => ({
  team,
  monthlyMicros: Math.round(monthly * 100) * 10_000,
  alertPercent: alertPercent ?? null,
  denyCreates: denyCreates ?? null,
});

export async function removeTeamBudget(tx: Tx, caller: Caller, team: string): Promise<Schemas['Budget']> {
  const shown = await planBudgetRemoval(tx, team);
  await tx.query(removeBudget, { team });
  await audit(tx, PLATFORM_STREAM, caller, { action: 'budget.remove', target: team, status: 'SUCCESS' });
  return shown;
}

/** @throws AppError NOT_FOUND */
export async function planBudgetRemoval(db: Queryable, team: string): Promise<Schemas['Budget']> {
  const use = await teamBudget(db, team);
  if (use === undefined) throw new AppError('NOT_FOUND', `Team ${team} has no budget.`);
  return presentBudget(use);
}

export function presentBudget({ budget, spent, committed }: BudgetUse): Schemas['Budget'] {
  return {
    team: budget.team,
    monthly: dollars(budget.monthlyMicros),
    alertPercent: budget.alertPercent,
    denyCreates: budget.denyCreates,
    spent: dollars(spent),
    committed: dollars(committed),
    updatedAt: budget.updatedAt.toISOString(),
    updatedBy: budget.updatedBy,
  };
}
