import { closestMatch } from '../../../contract/closest-match.ts';
import { listGrantedTeams } from '../access/grants.sql.ts';
import type { Queryable } from '../db/db.ts';
import { hasHadJob } from './jobs.sql.ts';

/**
 * Teams are not created beforehand, so an admin who mistypes one would not notice.
 * @param team that a request names
 * @returns a warning if no grant and no job has it
 */
export async function newTeamWarnings(db: Queryable, team: string): Promise<string[]> {
  const granted = (await db.query(listGrantedTeams, {})).map((row) => row.team);
  if (granted.includes(team)) return [];
  const [job] = await db.query(hasHadJob, { team });
  if (job?.hasHad) return [];
  const closest = closestMatch(team, granted);
  const question = closest === undefined ? '' : `: did you mean "${closest}"?`;
  return [`the team "${team}" is new, no grant and no job names it${question}`];
}

/** The same as a field of an answer, which has none without a warning. @param team undefined if the request names none */
export async function newTeamWarningsField(
  db: Queryable,
  team: string | undefined,
): Promise<{ readonly warnings?: string[] }> {
  const warnings = team === undefined ? [] : await newTeamWarnings(db, team);
  return warnings.length === 0 ? {} : { warnings };
}
