import { string as stringArgument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import {
  abandonClusters,
  destroyClusters,
  findClusters,
  waitUntilDestroyed,
} from '../cli/clusters/destroy-clusters.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { waitTimeoutMs } from '../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG } from '../cli/flags/shared-flags.ts';
import { confirmNames } from '../cli/output/prompt.ts';
import { clusterSummary, destroyedClusters } from '../render/cluster.ts';

export default class Destroy extends BaseCommand {
  static override summary = 'Destroy clusters';
  static override description =
    'A cluster becomes DESTROYED only when the cloud reports that none of its resources is left.';
  static override examples = [
    '<%= config.bin %> destroy demo --wait',
    '<%= config.bin %> destroy demo other --yes',
    '<%= config.bin %> destroy demo --confirm demo --if-exists',
    '<%= config.bin %> destroy demo --abandon --reason "the account is closed"',
  ];
  static override hiddenAliases = ['delete', 'rm'];
  static override waits = true;
  static override args = {
    cluster: stringArgument({
      description: 'Name or id of a cluster',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    wait: boolean({ description: 'Wait until the clusters are DESTROYED' }),
    yes: boolean({ char: 'y', description: 'Skip the confirmation prompt' }),
    confirm: string({
      description: 'Confirm by name instead of the prompt; can be repeated',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'if-exists': boolean({ description: 'Ignore clusters that do not exist' }),
    abandon: boolean({
      description:
        'Abandon clusters whose destroy failed, without proof that nothing is left (platform admins only)',
      exclusive: ['wait'],
    }),
    reason: string({
      description: 'Reason, recorded in the audit log; required with --abandon',
      helpValue: 'TEXT',
    }),
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Destroy);
    assertReason(flags);
    const session = await this.open(flags);
    if (flags.wait) session.waitThroughOutages(waitTimeoutMs(flags));
    const timeoutMs = waitTimeoutMs(flags);
    if (flags['idempotency-key'] !== undefined && args.cluster.length > 1)
      throw new UsageError('--idempotency-key can be used with one cluster only');
    const clusters = await findClusters(session, args.cluster, flags['if-exists']);
    await confirmNames(session.io, session.promptPolicy, {
      names: clusters.map(({ name }) => name),
      about: clusters.map((cluster) => clusterSummary(cluster, session.io.now())),
      action: flags.abandon ? 'abandon' : 'destroy',
      yes: flags.yes || clusters.length === 0,
      confirm: flags.confirm ?? [],
    });
    const requested =
      flags.abandon && flags.reason !== undefined
        ? await abandonClusters(session, clusters, { ...flags, reason: flags.reason })
        : await destroyClusters(session, clusters, flags);
    const outcome = flags.wait ? await waitUntilDestroyed(session, requested.accepted, timeoutMs) : requested;
    const failure = requested.failure ?? outcome.failure;
    if (failure === undefined || outcome.accepted.length > 0)
      await session.print(destroyedClusters(outcome.accepted));
    if (failure !== undefined) throw failure;
    if (flags.wait || outcome.accepted.length === 0) return;
    const [first] = outcome.accepted;
    if (flags.abandon) {
      session.note(
        `Abandoned without proof that nothing is left. 'ocpctl get ${first?.cluster.id}' lists the remaining resources.`,
      );
      return;
    }
    session.note(`Accepted. To follow: 'ocpctl wait ${first?.cluster.id} --for destroyed'.`);
  }
}

function assertReason(flags: { abandon: boolean; reason?: string | undefined }): void {
  if (flags.abandon && flags.reason === undefined)
    throw new UsageError('--abandon requires --reason', {
      hint: "for example --reason 'the account is closed'",
    });
}
