import type { Db } from '../db/db.ts';
import type { Statement } from '../db/statement.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';

/** What is removed when it is old enough. */
export interface RetentionRule {
  /** In kebab case, unique among kernel and modules. */
  readonly name: string;
  /** What is removed, and since when its days count: a phrase for operators. */
  readonly meaning: string;
  readonly days: number;
  /** @returns how many would be removed now */
  countDue(): Promise<number>;
  /**
   * Removes a bounded number of the oldest.
   * @param failed ids that could not be removed in this run, which are left out; it adds those of now
   * @returns how many were removed or failed; 0: nothing else is due
   */
  removeSome(failed: RetentionFailures): Promise<number>;
}

/** What could not be removed, and why, by id. */
export type RetentionFailures = Map<string, unknown>;

const INTERVAL_MS = 3_600_000;

/** Applies every rule. What fails does not stop the rest: the task fails with the first error after all rules have run. */
export function retentionTask(rules: readonly RetentionRule[]): PeriodicTask {
  return {
    name: 'retention',
    intervalMs: INTERVAL_MS,
    async run(signal) {
      const removed: Record<string, number> = {};
      const errors: unknown[] = [];
      for (const rule of rules) {
        const failed: RetentionFailures = new Map();
        let count = 0;
        try {
          for (let some = -1; some !== 0 && !signal.aborted; count += some)
            some = await rule.removeSome(failed);
        } catch (error) {
          errors.push(error);
        }
        errors.push(...failed.values());
        if (count - failed.size > 0) removed[rule.name] = count - failed.size;
      }
      if (errors.length > 0) throw errors[0];
      return Object.keys(removed).length > 0 ? removed : undefined;
    },
  };
}

/** What a rule says of itself. */
type RuleText = Pick<RetentionRule, 'name' | 'meaning' | 'days'>;
type CountDue = Statement<{ readonly days: 'float8' }, { readonly count: 'int4' }>;

/** A rule for rows that one statement removes, a bounded number at a time. */
export function rowRule(
  db: Pick<Db, 'query'>,
  rule: RuleText,
  { count, remove }: { readonly count: CountDue; readonly remove: CountDue },
): RetentionRule {
  const { days } = rule;
  const run = async (statement: CountDue) => (await db.query(statement, { days }))[0]?.count ?? 0;
  return { ...rule, countDue: () => run(count), removeSome: () => run(remove) };
}

export interface ItemRuleOptions {
  readonly count: CountDue;
  /** The oldest that have not failed. */
  readonly list: Statement<
    { readonly days: 'float8'; readonly failed: 'text[]'; readonly limit: 'int4' },
    { readonly id: 'text' }
  >;
  readonly limit: number;
  /** Removes one, so that it is not listed again. An interrupted removal is repeated. */
  readonly remove: (id: string) => Promise<unknown>;
}

/** A rule for things of which more than rows is removed, one by one; an error is that of one. */
export function itemRule(
  db: Pick<Db, 'query'>,
  rule: RuleText,
  { count, list, limit, remove }: ItemRuleOptions,
): RetentionRule {
  const { days } = rule;
  return {
    ...rule,
    countDue: async () => (await db.query(count, { days }))[0]?.count ?? 0,
    async removeSome(failed) {
      const items = await db.query(list, { days, failed: [...failed.keys()], limit });
      for (const { id } of items) await remove(id).catch((error: unknown) => failed.set(id, error));
      return items.length;
    },
  };
}
