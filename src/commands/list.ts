import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { fetchClusters, SORT_NAMES } from '../cli/clusters/cluster-list.ts';
import { timestamp, wholeNumber } from '../cli/flags/flag-values.ts';
import { omitUndefined } from '../cli/omit-undefined.ts';
import { watch } from '../cli/output/watch.ts';
import { CLUSTER_STATUSES } from '../contract/statuses.ts';
import { clusterList } from '../render/cluster.ts';

const STATUSES = ['ACTIVE', ...CLUSTER_STATUSES] as const;
const PLATFORMS = ['aws', 'ibmcloud'] as const;

export default class List extends BaseCommand {
  static override description = 'List the clusters of your teams, newest first';
  static override aliases = ['ls'];
  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --status ACTIVE --expires-before 2h',
    '<%= config.bin %> list --owner ann -o name',
  ];
  static override flags = {
    status: string({ description: 'only this status; ACTIVE is all but DESTROYED', options: [...STATUSES] }),
    team: string({ description: 'only of this team' }),
    owner: string({ description: 'only of this person' }),
    profile: string({ description: 'only made from this profile' }),
    platform: string({ description: 'only on this platform', options: [...PLATFORMS] }),
    'expires-before': string({
      description: 'only with a deadline before this time, or within this long',
      helpValue: 'TIME',
    }),
    sort: string({
      description: `order by ${SORT_NAMES.join(', ')}; -KEY turns it around`,
      helpValue: 'KEY',
    }),
    limit: string({ description: 'at most so many (all)', helpValue: 'N' }),
    watch: boolean({ description: 'print it again whenever it changes' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(List);
    const session = await this.open(flags);
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
    const readView = async () => {
      const clusters = await fetchClusters(session.client, query, { limit, sort: flags.sort });
      return clusterList(clusters, session.io.now());
    };
    if (flags.watch) return watch(session, readView);
    await session.print(await readView());
  }
}
