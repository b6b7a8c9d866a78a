import type { components } from '../../../contract/api.gen.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { nextScale } from '../offhours/next-action.ts';
import type { Schedule } from '../offhours/schedule.ts';
import { TeamHours } from '../offhours/team-hours.ts';
import { listActiveClusters } from '../store/clusters.sql.ts';
import { OffhoursReader } from './offhours-state.ts';

type Scale = components['schemas']['OffhoursScale'];

/** As many as the API shows. */
const MAX_CLUSTERS = 1_000;
const ANY = {
  teams: null,
  before: null,
  name: null,
  statuses: null,
  owners: null,
  profiles: null,
  platform: null,
  expiresBefore: null,
  tags: null,
};

/**
 * What a schedule does next with each cluster of a team, at first the first; also of a schedule that is not stored.
 * @param schedule undefined: the team has none, so what it took away comes back
 */
export async function nextScales(
  db: Queryable,
  team: string,
  schedule: Schedule | undefined,
  now: Date,
): Promise<Scale[]> {
  const hours = new Map(schedule === undefined ? [] : [[team, new TeamHours(schedule, now)]]);
  const rows = await db.query(listActiveClusters, { ...ANY, ofTeams: [team], limit: MAX_CLUSTERS });
  const reader = await OffhoursReader.withHours(db, rows, now, hours);
  const next = rows.flatMap((cluster) => {
    if (cluster.abandonedAt !== null) return [];
    const scale = nextScale(reader.stateOf(cluster), reader.hoursOf(cluster));
    if (scale === undefined) return [];
    const { id: clusterId, name, requestedWorkers: from } = cluster;
    return [{ clusterId, name, from, to: scale.workers, at: scale.at?.toISOString() ?? null }];
  });
  const order = ({ at, name }: Scale) => `${at ?? '~'} ${name}`;
  return next.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
