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
import { durationMs } from '../cli/flags/flag-values.ts';
import { WAIT_TIMEOUT_FLAG } from '../cli/flags/global-flags.ts';
import { confirmNames } from '../cli/output/prompt.ts';
import { destroyedClusters } from '../render/cluster.ts';

export default class Destroy extends BaseCommand {
  static override description = 'Destroy clusters and prove that nothing is left of them';
  static override examples = [
    '<%= config.bin %> destroy demo --wait',
    '<%= config.bin %> destroy demo other --yes',
    '<%= config.bin %> destroy demo --confirm demo --if-exists',
    '<%= config.bin %> destroy demo --abandon --reason "the account is closed"',
  ];
  static override waits = true;
  static override args = {
    cluster: stringArgument({
      description: 'names or ids of clusters',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    wait: boolean({ description: 'follow it until it is DESTROYED' }),
    yes: boolean({ char: 'y', description: 'do not ask' }),
    confirm: string({
      description: 'the name, in place of the question; repeatable',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'if-exists': boolean({ description: 'be content when it is gone already' }),
    abandon: boolean({
      description:
        'give up on a destroy that failed, without proof (platform admins); what is left stays listed',
      exclusive: ['wait'],
    }),
    reason: string({ description: 'why it is abandoned, for the audit trail', helpValue: 'TEXT' }),
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Destroy);
    const reason = reasonOf(flags);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const clusters = await findClusters(session, args.cluster, flags['if-exists']);
    await confirmNames(session.io, session.promptPolicy, {
      names: clusters.map(({ name }) => name),
      what: reason === undefined ? 'Destroying' : 'Abandoning',
      yes: flags.yes || clusters.length === 0,
      confirm: flags.confirm ?? [],
    });
    const requested =
      reason === undefined
        ? await destroyClusters(session, clusters)
        : await abandonClusters(session, clusters, reason);
    const outcome = flags.wait ? await waitUntilDestroyed(session, requested.accepted, timeoutMs) : requested;
    const failure = requested.failure ?? outcome.failure;
    if (failure === undefined || outcome.accepted.length > 0)
      await session.print(destroyedClusters(outcome.accepted));
    if (failure !== undefined) throw failure;
    if (flags.wait || outcome.accepted.length === 0) return;
    const [first] = outcome.accepted;
    if (reason !== undefined) {
      session.note(
        `Given up, not proven gone. What is left stays listed in 'ocpctl get ${first?.cluster.id}'.`,
      );
      return;
    }
    session.note(`Accepted. Follow it with 'ocpctl wait ${first?.cluster.id} --for destroyed'.`);
  }
}

function reasonOf(flags: { abandon?: boolean; reason?: string | undefined }): string | undefined {
  if (flags.abandon === true && flags.reason === undefined)
    throw new UsageError('--abandon needs a reason', { hint: "add --reason 'the account is closed'" });
  if (flags.abandon !== true && flags.reason !== undefined)
    throw new UsageError('--reason goes with --abandon');
  return flags.reason;
}
