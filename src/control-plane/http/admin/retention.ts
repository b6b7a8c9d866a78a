import { type HandlersOf, query } from '../../kernel/api/handler.ts';
import type { RetentionRule } from '../../kernel/retention/retention-rule.ts';

/** What is removed by age, and how much would go now. */
export function retentionHandlers(rules: readonly RetentionRule[]): HandlersOf<'listRetention'> {
  return {
    listRetention: query(async () => ({
      items: await Promise.all(
        rules.map(async (rule) => ({
          name: rule.name,
          meaning: rule.meaning,
          days: rule.days,
          due: await rule.countDue(),
        })),
      ),
    })),
  };
}
