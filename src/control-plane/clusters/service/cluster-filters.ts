import type { operations } from '../../../contract/api.gen.ts';
import { CLUSTER_STATUSES } from '../../../contract/statuses.ts';
import { type Caller, nameOf } from '../../kernel/caller.ts';
import { AppError } from '../../kernel/errors.ts';
import { tagValueOf } from '../policy/tags.ts';

export type ClusterListQuery = NonNullable<operations['listClusters']['parameters']['query']>;

/** The filters of a list as the statements take them: null where the query has none. */
export function clusterFilters(query: ClusterListQuery, caller: Caller) {
  const { name, status, team, profile, platform, expiresBefore, tag } = query;
  return {
    name: name ?? null,
    statuses: status === undefined ? null : statusesOf(status),
    ofTeams: team ?? null,
    owners: ownersOf(query, caller),
    profiles: profile ?? null,
    platform: platform ?? null,
    expiresBefore: expiresBefore === undefined ? null : new Date(expiresBefore),
    tags: tag === undefined ? null : tagsOf(tag),
  };
}

/** `ACTIVE` stands for every status but DESTROYED. */
function statusesOf(named: NonNullable<ClusterListQuery['status']>): string[] {
  const active = CLUSTER_STATUSES.filter((status) => status !== 'DESTROYED');
  return named.flatMap((status) => (status === 'ACTIVE' ? active : [status]));
}

/** `mine` leaves only the caller of the named owners. */
function ownersOf({ owner, mine }: ClusterListQuery, caller: Caller): string[] | null {
  if (mine !== true) return owner ?? null;
  const own = tagValueOf(nameOf(caller.principal));
  return owner === undefined || owner.includes(own) ? [own] : [];
}

/** @throws AppError BAD_REQUEST for two values of one key, which no cluster has */
function tagsOf(tags: readonly string[]): Record<string, string> {
  const pairs = new Map<string, string>();
  for (const tag of tags) {
    const at = tag.indexOf('=');
    const [key, value] = [tag.slice(0, at), tag.slice(at + 1)];
    if (pairs.has(key) && pairs.get(key) !== value) {
      const message = `names two values of the key ${key}`;
      throw new AppError('BAD_REQUEST', 'Invalid tag filter.', {
        errors: [{ field: 'tag', code: 'INVALID', message }],
      });
    }
    pairs.set(key, value);
  }
  return Object.fromEntries(pairs);
}
