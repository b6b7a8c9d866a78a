import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { fetchClusters, SORT_NAMES } from '../cli/clusters/cluster-list.ts';
import { omitUndefined, timestamp, wholeNumber } from '../cli/flags/flag-values.ts';
import { watch } from '../cli/output/watch.ts';
import { CLUSTER_STATUSES } from '../contract/statuses.ts';
import { clusterList } from '../render/cluster.ts';

const STATUSES = ['ACTIVE', ...CLUSTER_STATUSES] as const;
const PLATFORMS = ['aws', 'ibmcloud'] as const;

export default class List extends BaseCommand {
  static override summary = 'List clusters, newest first';
  static override description = 'Shows the clusters of your teams.';
  static override aliases = ['ls'];
  static override hiddenAliases = ['ps'];
  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --status ACTIVE --expires-before 2h',
    '<%= config.bin %> list --owner ann -o name',
  ];
  static override flags = {
    status: string({
      description: 'Filter by status, for example READY; ACTIVE matches all but DESTROYED',
      helpValue: 'STATUS',
      options: [...STATUSES],
    }),
    team: string({ description: 'Filter by team', helpValue: 'TEAM' }),
    owner: string({ description: 'Filter by owner', helpValue: 'NAME' }),
    profile: string({ description: 'Filter by profile', helpValue: 'NAME' }),
    platform: string({
      description: `Filter by platform: ${PLATFORMS.join(', ')}`,
      helpValue: 'PLATFORM',
      options: [...PLATFORMS],
    }),
    'expires-before': string({
      description: 'Filter by expiry: before a time, or within a duration from now',
      helpValue: 'TIME',
    }),
    sort: string({
      description: `Sort by ${SORT_NAMES.join(', ')}; prefix with - to sort in descending order`,
      helpValue: 'KEY',
    }),
    limit: string({ description: 'Maximum number of results (default: all)', helpValue: 'N' }),
    watch: boolean({ description: 'Watch for changes until Ctrl-C' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(List);
    const session = await this.open(flags);
    if (flags.watch) session.rideOutOutages();
    const { team, owner, profile } = flags;
    const status = STATUSES.find((name) => name === flags.status);
    const platform = PLATFORMS.find((name) => name === flags.platform);
    const before = flags['expires-before'];
    const expiresBefore =
      before === undefined
        ? undefined
        : timestamp('expires-before', before, session.io.now(), 'future').toISOString();
    const query = omitUndefined({ status, platform, team, owner, profile, expiresBefore });
    const limit = flags.limit === undefined ? undefined : wholeNumber('limit', flags.limit, 1);
    const readView = async (signal?: AbortSignal) => {
      const clusters = await fetchClusters(session.client, query, { limit, sort: flags.sort, signal });
      return clusterList(clusters, session.io.now());
    };
    if (flags.watch) return watch(session, readView);
    await session.print(await readView());
  }
}
