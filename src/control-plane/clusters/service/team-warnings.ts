import { closestMatch } from '../../../contract/closest-match.ts';
import { listGrantedTeams } from '../../kernel/access/grants.sql.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { hasHadCluster } from '../store/quotas.sql.ts';

/**
 * Teams are not created beforehand, so an admin who mistypes one would not notice.
 * @param team that the request names; undefined if it names none
 * @returns a warning if no grant and no cluster has it
 */
export async function teamWarnings(db: Queryable, team: string | undefined): Promise<string[]> {
  if (team === undefined) return [];
  const granted = (await db.query(listGrantedTeams, {})).map((row) => row.team);
  if (granted.includes(team)) return [];
  const [cluster] = await db.query(hasHadCluster, { team });
  if (cluster?.hasHad) return [];
  const closest = closestMatch(team, granted);
  const question = closest === undefined ? '' : `: did you mean "${closest}"?`;
  return [`the team "${team}" is new, no grant and no other cluster names it${question}`];
}
