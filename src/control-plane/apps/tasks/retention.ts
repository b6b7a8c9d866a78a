import { itemRule, type RetentionRule, rowRule } from '../../kernel/retention/retention-rule.ts';
import type { AppServices } from '../service/app-services.ts';
import { sourcePrefix } from '../service/source-key.ts';
import { countOldLogLines, deleteOldLogLines } from '../store/log-lines.sql.ts';
import { countOldSamples, deleteOldSamples } from '../store/samples.sql.ts';
import { countOldSources, deleteOldSource, listOldSources } from '../store/sources.sql.ts';

/** P17. */
const SAMPLE_DAYS = 90;
/** A source is needed while it is built; deployed again, it is uploaded again. */
const SOURCE_DAYS = 1;
const SOURCES_AT_A_TIME = 20;

/** What applications leave that nothing needs any more. */
export function appRetention(
  { db, artifacts }: Pick<AppServices, 'db' | 'artifacts'>,
  { appLogDays }: { readonly appLogDays: number },
): RetentionRule[] {
  const removeSource = async (id: string) => {
    const [team = '', sha256 = ''] = splitId(id);
    await db.tx(async (tx) => {
      const gone = await tx.query(deleteOldSource, { days: SOURCE_DAYS, team, sha256 });
      if (gone.length === 0) return;
      for (const { key } of await artifacts.list(sourcePrefix(team, sha256))) await artifacts.remove(key);
    });
  };
  return [
    rowRule(
      db,
      { name: 'application-log-lines', meaning: 'lines that instances wrote', days: appLogDays },
      { count: countOldLogLines, remove: deleteOldLogLines },
    ),
    rowRule(
      db,
      {
        name: 'application-samples',
        meaning:
          'figures of services by the hour; those by the minute are kept for 7 days, those of 15 s for one',
        days: SAMPLE_DAYS,
      },
      { count: countOldSamples, remove: deleteOldSamples },
    ),
    itemRule(
      db,
      { name: 'application-sources', meaning: 'uploaded sources after their last deploy', days: SOURCE_DAYS },
      { count: countOldSources, list: listOldSources, limit: SOURCES_AT_A_TIME, remove: removeSource },
    ),
  ];
}

/** Of the team and the hash, which has no slash. */
function splitId(id: string): [string, string] {
  const at = id.lastIndexOf('/');
  return [id.slice(0, at), id.slice(at + 1)];
}
