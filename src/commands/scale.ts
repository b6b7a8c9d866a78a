import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { resolveCluster } from '../cli/clusters/resolve.ts';
import {
  confirmZeroWorkers,
  noteHold,
  requestScale,
  waitUntilScaled,
} from '../cli/clusters/scale-cluster.ts';
import { waitTimeoutMs } from '../cli/flags/flag-values.ts';
import { numberFlag } from '../cli/flags/number-flag.ts';
import { clusterArgument, IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG } from '../cli/flags/shared-flags.ts';
import { scaledCluster } from '../render/cluster.ts';

export default class Scale extends BaseCommand {
  static override summary = 'Change the number of workers of a cluster';
  static override description =
    'The cluster must be READY, and is READY again when the scale has ended, also if it failed. Pods on workers that are removed are evicted as their disruption budgets allow.';
  static override examples = [
    '<%= config.bin %> scale demo --workers 5 --wait',
    '<%= config.bin %> scale demo --workers 0 --yes',
  ];
  static override waits = true;
  static override args = { cluster: clusterArgument() };
  static override flags = {
    workers: numberFlag({
      description: 'Number of workers to have (required)',
      helpValue: 'N',
      required: true,
      min: 0,
    }),
    wait: boolean({ description: 'Wait until the workers are ready' }),
    yes: boolean({ char: 'y', description: 'Skip the confirmation prompt of a scale to 0' }),
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Scale);
    const session = await this.open(flags);
    if (flags.wait) session.waitThroughOutages(waitTimeoutMs(flags));
    const timeoutMs = waitTimeoutMs(flags);
    const cluster = await resolveCluster(session.client, args.cluster);
    session.actOn({ cluster });
    if (flags.workers === 0) await confirmZeroWorkers(session, cluster, flags.yes);
    const accepted = await requestScale(session, cluster, flags);
    const numbers = { from: accepted.cluster.workerReplicas, to: flags.workers };
    if (!flags.wait) {
      await session.print(scaledCluster({ accepted, ...numbers }));
      session.note(`Accepted. To follow: 'ocpctl wait ${accepted.job?.id}'.`);
      return noteHold(session, accepted.cluster);
    }
    const ended = await waitUntilScaled(session, accepted, timeoutMs);
    await session.print(scaledCluster({ accepted: ended, ...numbers }));
    noteHold(session, ended.cluster);
  }
}
