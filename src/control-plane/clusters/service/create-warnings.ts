import { closestMatch } from '../../../contract/closest-match.ts';
import { shortDuration } from '../../../contract/duration.ts';
import { listGrantedTeams } from '../../kernel/access/grants.sql.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import type { ClusterRequest, ResolvedRequest } from '../policy/cluster-request.ts';
import { profileWarnings } from '../policy/profile-warnings.ts';
import type { Profile } from '../profiles/profile.ts';
import { hasHadCluster } from '../store/quotas.sql.ts';
import { offhoursWarnings } from './offhours.ts';

/** What who creates a cluster should know, although nothing is refused. */
export async function createWarnings(
  db: Queryable,
  profile: Profile,
  { team }: ClusterRequest,
  resolved: ResolvedRequest,
): Promise<string[]> {
  const offhours = resolved.offhours ? await offhoursWarnings(db, resolved.team) : [];
  return [
    ...profileWarnings(profile),
    ...(await teamWarnings(db, team)),
    ...offhours,
    ...keepaliveWarnings(resolved),
  ];
}

function keepaliveWarnings({ keepaliveMinutes = 0, ttlHours }: ResolvedRequest): string[] {
  if (keepaliveMinutes < ttlHours * 60) return [];
  return [
    `the keepalive of ${shortDuration(keepaliveMinutes * 60_000)} has no effect: the cluster expires after ${shortDuration(ttlHours * 3_600_000)}`,
  ];
}

/**
 * Teams are not created beforehand, so an admin who mistypes one would not notice.
 * @param team that the request names; undefined if it names none
 * @returns a warning if no grant and no cluster has it
 */
async function teamWarnings(db: Queryable, team: string | undefined): Promise<string[]> {
  if (team === undefined) return [];
  const granted = (await db.query(listGrantedTeams, {})).map((row) => row.team);
  if (granted.includes(team)) return [];
  const [cluster] = await db.query(hasHadCluster, { team });
  if (cluster?.hasHad) return [];
  const closest = closestMatch(team, granted);
  const question = closest === undefined ? '' : `: did you mean "${closest}"?`;
  return [`the team "${team}" is new, no grant and no other cluster names it${question}`];
}
