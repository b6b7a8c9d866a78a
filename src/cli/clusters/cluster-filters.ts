import { boolean, string } from '@oclif/core/flags';
import type { paths } from '../../contract/api.gen.ts';
import { CLUSTER_STATUS_FILTERS, CLUSTER_STATUSES } from '../../contract/statuses.ts';
import { UsageError } from '../errors/cli-error.ts';
import { choiceList, keyValues, omitUndefined, timestamp, valueList } from '../flags/flag-values.ts';
import { REPEATED_FLAG } from '../flags/shared-flags.ts';

export type ClusterQuery = Omit<
  NonNullable<paths['/v1/clusters']['get']['parameters']['query']>,
  'limit' | 'cursor'
>;

const PLATFORMS = ['aws', 'ibmcloud'] as const;

/** Which clusters a command is about. */
export const CLUSTER_FILTER_FLAGS = {
  all: boolean({ description: 'Show DESTROYED clusters too' }),
  status: string({
    description: `Filter by status: ${CLUSTER_STATUSES.join(', ')}, or ACTIVE for all but DESTROYED (default: ACTIVE); can be repeated`,
    helpValue: 'STATUS,…',
    ...REPEATED_FLAG,
  }),
  mine: boolean({ description: 'Show only clusters that you own' }),
  team: string({ description: 'Filter by team; can be repeated', helpValue: 'TEAM,…', ...REPEATED_FLAG }),
  owner: string({ description: 'Filter by owner; can be repeated', helpValue: 'NAME,…', ...REPEATED_FLAG }),
  profile: string({
    description: 'Filter by profile; can be repeated',
    helpValue: 'NAME,…',
    ...REPEATED_FLAG,
  }),
  tag: string({
    description: 'Filter by tag; clusters must have all tags that are given',
    helpValue: 'KEY=VALUE',
    ...REPEATED_FLAG,
  }),
  platform: string({
    description: `Filter by platform: ${PLATFORMS.join(', ')}`,
    helpValue: 'PLATFORM',
    options: [...PLATFORMS],
  }),
  'expires-before': string({
    description: 'Filter by expiry: before a time, or within a duration from now',
    helpValue: 'TIME',
  }),
};

interface ClusterFilters {
  readonly all: boolean;
  readonly mine: boolean;
  readonly status: readonly string[] | undefined;
  readonly team: readonly string[] | undefined;
  readonly owner: readonly string[] | undefined;
  readonly profile: readonly string[] | undefined;
  readonly tag: readonly string[] | undefined;
  readonly platform: string | undefined;
  readonly 'expires-before': string | undefined;
}

/** The query of a list. @throws UsageError that names the flag */
export function clusterQuery(filters: ClusterFilters, now: Date): ClusterQuery {
  const { all, mine, status, team, owner, profile, tag, 'expires-before': before } = filters;
  assertCompatible(filters);
  const tags = tag === undefined ? undefined : Object.entries(keyValues('tag', tag));
  return omitUndefined({
    status: statusFilter(all, status),
    mine: mine || undefined,
    team: valueList('team', team),
    owner: valueList('owner', owner),
    profile: valueList('profile', profile),
    tag: tags?.map(([key, value]) => `${key}=${value}`),
    platform: PLATFORMS.find((name) => name === filters.platform),
    expiresBefore:
      before === undefined ? undefined : timestamp('expires-before', before, now, 'future').toISOString(),
  });
}

function assertCompatible({ all, mine, status, owner, 'expires-before': before }: ClusterFilters): void {
  if (all && status !== undefined) throw new UsageError('use only one of --all and --status');
  if (all && before !== undefined)
    throw new UsageError('use only one of --all and --expires-before: DESTROYED clusters do not expire');
  if (mine && owner !== undefined) throw new UsageError('use only one of --mine and --owner');
}

function statusFilter(all: boolean, status: readonly string[] | undefined): ClusterQuery['status'] {
  if (all) return undefined;
  return status === undefined ? ['ACTIVE'] : choiceList('status', status, CLUSTER_STATUS_FILTERS);
}
