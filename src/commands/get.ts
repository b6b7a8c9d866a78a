import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { fetchCluster, resolveCluster } from '../cli/clusters/resolve.ts';
import { clusterArgument } from '../cli/flags/shared-flags.ts';
import { watch } from '../cli/output/watch.ts';
import { writeProof } from '../cli/proof/write-proof.ts';
import type { Session } from '../cli/session.ts';
import { collect } from '../client/pages.ts';
import { clusterRecord } from '../render/cluster-record.ts';
import type { RecordView } from '../render/view.ts';

export default class Get extends BaseCommand {
  static override summary = 'Show details of a cluster';
  static override examples = [
    '<%= config.bin %> get demo',
    '<%= config.bin %> get demo -o value=status',
    '<%= config.bin %> get demo --events',
    '<%= config.bin %> get demo --proof > demo.proof.json',
  ];
  static override hiddenAliases = ['describe', 'status', 'show'];
  static override args = { cluster: clusterArgument() };
  static override flags = {
    events: boolean({ description: 'Include the history of status changes and warnings' }),
    proof: boolean({
      description: 'Print the signed proof that nothing of a destroyed cluster is left (in-toto, DSSE)',
      exclusive: ['events', 'watch'],
    }),
    watch: boolean({ description: 'Watch for changes until Ctrl-C' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Get);
    const session = await this.open(flags);
    if (flags.watch) session.waitThroughOutages();
    const { id } = await resolveCluster(session.client, args.cluster);
    if (flags.proof) {
      const { data } = await session.client.GET('/v1/clusters/{id}/proof', { params: { path: { id } } });
      return writeProof(session, id, data);
    }
    const readView = (signal?: AbortSignal) => record(session, id, flags.events, signal);
    if (flags.watch) return watch(session, readView);
    await session.print(await readView());
  }
}

async function record(
  session: Session,
  id: string,
  withEvents: boolean,
  signal: AbortSignal | undefined,
): Promise<RecordView> {
  const { client } = session;
  const path = { params: { path: { id } }, signal };
  const cluster = await fetchCluster(client, id, signal);
  const showsOutputs = cluster.status === 'READY' && !session.machineOutput;
  const outputs = showsOutputs ? (await client.GET('/v1/clusters/{id}/outputs', path)).data : undefined;
  const transitions = withEvents
    ? (await client.GET('/v1/clusters/{id}/transitions', path)).data.items
    : undefined;
  const residue =
    cluster.status === 'DESTROY_FAILED'
      ? (await client.GET('/v1/clusters/{id}/residue', path)).data
      : undefined;
  const events = withEvents
    ? await collect(
        async (query) =>
          (await client.GET('/v1/clusters/{id}/events', { params: { ...path.params, query }, signal })).data,
      )
    : undefined;
  return clusterRecord(cluster, { outputs, transitions, events, residue }, session.io.now());
}
