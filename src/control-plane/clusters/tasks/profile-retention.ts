import type { Db } from '../../kernel/db/db.ts';
import { type RetentionRule, rowRule } from '../../kernel/retention/retention-rule.ts';
import { countUnusedProfiles, deleteUnusedProfiles } from '../store/accepted-profiles.sql.ts';

const DAYS = 90;

/** Kept profiles and manifests that only DESTROYED clusters have. One that a profile still names is kept again by its next create. */
export function profileRetention(db: Pick<Db, 'query'>): RetentionRule {
  return rowRule(
    db,
    {
      name: 'accepted-profiles',
      meaning: 'kept profiles and manifests that no cluster uses, after the last create with them',
      days: DAYS,
    },
    { count: countUnusedProfiles, remove: deleteUnusedProfiles },
  );
}
