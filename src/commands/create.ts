import { string as stringArgument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { clusterRequest, ON_FAILURE } from '../cli/clusters/cluster-request.ts';
import { requestCluster, requestPlan, waitUntilCreated } from '../cli/clusters/request-cluster.ts';
import { durationMs } from '../cli/flags/flag-values.ts';
import { WAIT_TIMEOUT_FLAG } from '../cli/flags/global-flags.ts';
import { createdCluster } from '../render/cluster.ts';
import { planRecord } from '../render/plan.ts';

export default class Create extends BaseCommand {
  static override description = 'Create a cluster';
  static override examples = [
    '<%= config.bin %> create demo --profile aws-minimal-test --ttl 8h --wait',
    '<%= config.bin %> create --profile aws-standard --dry-run',
    '<%= config.bin %> create demo --profile aws-minimal-test --if-not-exists -o value=cluster.id',
  ];
  static override waits = true;
  static override args = {
    name: stringArgument({ description: 'name of the cluster; generated when absent', ignoreStdin: true }),
  };
  static override flags = {
    profile: string({
      description: "what to make it from, see 'ocpctl profiles list' (required)",
      helpValue: 'NAME',
    }),
    name: string({ description: 'name of the cluster, in place of the argument' }),
    version: string({ description: 'OpenShift version' }),
    region: string({ description: 'region of the cloud' }),
    'base-domain': string({ description: 'domain that its names end in' }),
    ttl: string({ description: 'how long it lives, for example 8h or 3d', helpValue: 'DURATION' }),
    team: string({ description: 'team that owns it' }),
    owner: string({ description: 'person who owns it' }),
    'cost-center': string({ description: 'who pays for it' }),
    tag: string({
      description: 'tag on all its cloud resources, repeatable',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    'ssh-public-key': string({ description: 'public key for its machines', helpValue: 'FILE' }),
    'on-failure': string({
      description: 'what to do with a failed create (destroy)',
      options: [...ON_FAILURE],
    }),
    wait: boolean({ description: 'follow it until it is READY' }),
    'dry-run': boolean({ description: 'show the plan and store nothing' }),
    'if-not-exists': boolean({ description: 'be content with a cluster of this name that is there' }),
    'idempotency-key': string({
      description: 'the same key makes the same cluster only once in 24 h',
      helpValue: 'KEY',
    }),
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Create);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const request = await clusterRequest(args.name, flags);
    if (flags['dry-run']) {
      await session.print(await planRecord(await requestPlan(session, request)));
      return session.note('This is a plan: nothing was stored.');
    }
    const accepted = await requestCluster(session, request, {
      idempotencyKey: flags['idempotency-key'],
      ifNotExists: flags['if-not-exists'],
    });
    if (flags.wait)
      return session.print(
        createdCluster(await waitUntilCreated(session, accepted, timeoutMs), session.io.now()),
      );
    await session.print(createdCluster(accepted, session.io.now()));
    const { name } = accepted.cluster;
    session.note(`Accepted. Follow it with 'ocpctl wait ${name} --for ready' or 'ocpctl logs ${name} -f'.`);
  }
}
