import type { components } from '../../../contract/api.gen.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { nextScale } from '../offhours/next-action.ts';
import type { TeamHours } from '../offhours/team-hours.ts';
import { listScheduledClusters } from '../store/clusters.sql.ts';
import { OffhoursReader } from './offhours-state.ts';

type Scale = components['schemas']['OffhoursScale'];

/** Of a team, as many as the API shows. */
const MAX_SCALES = 1_000;

/**
 * What schedules do next with each cluster of teams, at first the first; also of schedules that are not stored.
 * @param hours by team; none: the team has no schedule, so what it took away comes back
 */
export async function nextScales(
  db: Queryable,
  teams: readonly string[],
  hours: ReadonlyMap<string, TeamHours>,
  now: Date,
): Promise<ReadonlyMap<string, Scale[]>> {
  const rows = await db.query(listScheduledClusters, { teams: [...teams] });
  const reader = await OffhoursReader.withHours(db, rows, now, hours);
  const scales = new Map(teams.map((team): [string, Scale[]] => [team, []]));
  for (const cluster of rows) {
    const next = nextScale(reader.stateOf(cluster), reader.hoursOf(cluster));
    if (next === undefined) continue;
    const { id: clusterId, name, requestedWorkers: from } = cluster;
    const at = next.at?.toISOString() ?? null;
    scales.get(cluster.team)?.push({ clusterId, name, from, to: next.workers, at });
  }
  const order = ({ at, name }: Scale) => `${at ?? '~'} ${name}`;
  for (const [team, found] of scales)
    scales.set(team, found.sort((a, b) => (order(a) < order(b) ? -1 : 1)).slice(0, MAX_SCALES));
  return scales;
}
