import { shortDuration } from '../../../contract/duration.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { newTeamWarnings } from '../../kernel/jobs/team-warnings.ts';
import type { ClusterRequest, ResolvedRequest } from '../policy/cluster-request.ts';
import { profileWarnings } from '../policy/profile-warnings.ts';
import type { Profile } from '../profiles/profile.ts';
import type { HourlyCost } from '../usage/hourly-cost.ts';
import { offhoursWarnings } from './offhours.ts';

/** What who creates a cluster should know, although nothing is refused. */
export async function createWarnings(
  db: Queryable,
  profile: Profile,
  { team }: ClusterRequest,
  resolved: ResolvedRequest,
  cost: HourlyCost,
): Promise<string[]> {
  const offhours = await offhoursWarningsOf(db, resolved);
  return [
    ...profileWarnings(profile),
    ...(team === undefined ? [] : await newTeamWarnings(db, team)),
    ...offhours,
    ...keepaliveWarnings(resolved),
    ...costWarnings(cost),
  ];
}

async function offhoursWarningsOf(
  db: Queryable,
  { offhours, workerReplicas, team }: ResolvedRequest,
): Promise<string[]> {
  if (!offhours) return [];
  if (workerReplicas > 0) return offhoursWarnings(db, team);
  return [
    'off-hours have nothing to scale: the cluster is requested without workers, and stays so until a scale gives it some',
  ];
}

/** A cost that is not made of prices. */
function costWarnings({ unknown, asOf }: HourlyCost): string[] {
  if (unknown === undefined) return [];
  return [
    `the price of ${unknown} is unknown (table of ${asOf}): the cost is the estimate of the profile, divided among its machines`,
  ];
}

function keepaliveWarnings({ keepaliveMinutes = 0, ttlHours }: ResolvedRequest): string[] {
  if (keepaliveMinutes < ttlHours * 60) return [];
  return [
    `the keepalive of ${shortDuration(keepaliveMinutes * 60_000)} has no effect: the cluster expires after ${shortDuration(ttlHours * 3_600_000)}`,
  ];
}
