import type { Db } from '../../kernel/db/db.ts';
import { type RetentionRule, rowRule } from '../../kernel/retention/retention-rule.ts';
import { countOldOrphans, deleteOldOrphans } from '../store/orphans.sql.ts';

const DAYS = 90;

/** Orphans that went away by themselves. A swept one stays, as its proof does. */
export function orphanRetention(db: Pick<Db, 'query'>): RetentionRule {
  return rowRule(
    db,
    {
      name: 'closed-orphans',
      meaning: 'orphans that no sweep removed, after their row was closed',
      days: DAYS,
    },
    { count: countOldOrphans, remove: deleteOldOrphans },
  );
}
