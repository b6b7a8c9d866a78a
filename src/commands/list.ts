import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { CLUSTER_FILTER_FLAGS, clusterQuery } from '../cli/clusters/cluster-filters.ts';
import { fetchClusters, noClustersNote } from '../cli/clusters/cluster-list.ts';
import { wholeNumber } from '../cli/flags/flag-values.ts';
import { watch } from '../cli/output/watch.ts';
import { clusterList } from '../render/cluster.ts';

export default class List extends BaseCommand {
  static override summary = 'List clusters, newest first';
  static override description =
    'Shows the clusters of your teams that are not DESTROYED, in all output formats. FAILED ones are among them until they are destroyed.';
  static override aliases = ['ls'];
  static override hiddenAliases = ['ps'];
  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --mine --expires-before 2h',
    '<%= config.bin %> list --status ready,failed --tag suite=nightly -o name',
    '<%= config.bin %> list --all --owner ann --sort team,-cost --columns name,team,cost',
    "<%= config.bin %> list --query 'items[?workerReplicas > `3`].name'",
  ];
  static override flags = {
    ...CLUSTER_FILTER_FLAGS,
    limit: string({ description: 'Maximum number of results (default: all)', helpValue: 'N' }),
    watch: boolean({ description: 'Watch for changes until Ctrl-C' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(List);
    const session = await this.open(flags);
    if (flags.watch) session.waitThroughOutages();
    const query = clusterQuery(flags, session.io.now());
    const limit = flags.limit === undefined ? undefined : wholeNumber('limit', flags.limit, 1);
    const readView = async (signal?: AbortSignal) => {
      const clusters = await fetchClusters(session.client, query, {
        // What is sorted has to be there before it is limited.
        limit: flags.sort === undefined ? limit : undefined,
        signal,
      });
      const isSilent = clusters.length > 0 || session.machineOutput;
      const whenEmpty = isSilent ? '' : await noClustersNote(session.client, query, signal);
      return { ...clusterList(clusters, session.io.now(), whenEmpty), limit };
    };
    if (flags.watch) return watch(session, readView);
    await session.print(await readView());
  }
}
