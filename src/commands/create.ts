import { string as stringArgument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import {
  type ClusterRequestBody,
  type ClusterRequestFlags,
  clusterRequest,
  ON_FAILURE,
  readClusterFile,
} from '../cli/clusters/cluster-request.ts';
import { findExistingCluster } from '../cli/clusters/existing-cluster.ts';
import type { Answers } from '../cli/clusters/interactive-create.ts';
import { keepingAlive } from '../cli/clusters/keepalive.ts';
import {
  noteExisting,
  noteNext,
  requestCluster,
  requestPlan,
  waitUntilCreated,
} from '../cli/clusters/request-cluster.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { CLUSTER_FILE_FLAG, CLUSTER_FLAGS } from '../cli/flags/cluster-flags.ts';
import { waitTimeoutMs } from '../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, isShaped, WAIT_TIMEOUT_FLAG } from '../cli/flags/shared-flags.ts';
import { canPrompt } from '../cli/output/prompt.ts';
import type { Session } from '../cli/session.ts';
import { createdCluster } from '../render/cluster.ts';
import { planRecord } from '../render/plan.ts';

export default class Create extends BaseCommand {
  static override summary = 'Create a cluster';
  static override description = [
    'Returns when the server has accepted the request. With --wait, follows the installation until the cluster is READY.',
    'On a terminal, a create without a profile asks for it, and for version, region, TTL and name, with the cost. Elsewhere, and with CI, --no-input or a machine output, --profile is required, or in the file of --file.',
    'With --if-not-exists, a cluster of this name is shown instead of an error, with what it does not have of what the flags ask for: what can be changed is a warning with the command for it (workers, ttl, offhours, keepalive); what cannot be changed any more, such as version, region, tags and fields of --set, is an error (exit code 5).',
    'With --dry-run, -o yaml prints a file for -f with all that the server filled in.',
  ].join('\n\n');
  static override examples = [
    '<%= config.bin %> create',
    '<%= config.bin %> create demo --profile aws-minimal-test --ttl 8h --wait',
    '<%= config.bin %> create demo --profile aws-minimal-test --keepalive 15m --wait',
    '<%= config.bin %> create --profile aws-standard --dry-run',
    '<%= config.bin %> create demo --profile aws-standard --dry-run -o yaml > demo.yaml',
    '<%= config.bin %> create -f demo.yaml --ttl 8h --wait',
    '<%= config.bin %> create demo --profile aws-minimal-test --if-not-exists -o value=cluster.id',
  ];
  static override waits = true;
  static override args = {
    name: stringArgument({ description: 'Name of the cluster (default: generated)', ignoreStdin: true }),
  };
  static override flags = {
    file: string({
      ...CLUSTER_FILE_FLAG,
      description: `${CLUSTER_FILE_FLAG.description}; - reads from stdin. 'ocpctl help cluster-file' shows the fields`,
    }),
    ...CLUSTER_FLAGS,
    'on-failure': string({
      description: `What to do if the creation fails: ${ON_FAILURE.join(' or ')} (default: destroy)`,
      helpValue: 'ACTION',
      options: [...ON_FAILURE],
    }),
    keepalive: string({
      description:
        "Destroy the cluster when no client has renewed it for this time, from 1m to 24h; --wait and 'ocpctl keepalive' renew it",
      helpValue: 'DURATION',
    }),
    wait: boolean({ description: 'Wait until the cluster is READY' }),
    'dry-run': boolean({ description: 'Show the plan without creating anything' }),
    'if-not-exists': boolean({ description: 'Succeed if the cluster already exists; requires the name' }),
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Create);
    const session = await this.open(flags);
    const timeoutMs = waitTimeoutMs(flags);
    if (flags.wait) session.waitThroughOutages(timeoutMs);
    const file = flags.file === undefined ? {} : await readClusterFile(session.io, flags.file);
    const answers = await this.#askForMissing(session, args.name, flags, file);
    const request = answers?.request ?? (await clusterRequest(args.name, flags, file));
    const name = answers?.request.name ?? args.name ?? flags.name ?? file.name;
    const ifNotExists = flags['if-not-exists'];
    if (ifNotExists && name === undefined)
      throw new UsageError('--if-not-exists requires the name of the cluster', {
        hint: 'without a name, each run makes up another one',
      });
    if (flags['dry-run']) {
      const existing = ifNotExists ? await findExistingCluster(session, request) : undefined;
      if (existing === undefined) await printPlan(session, request);
      else {
        noteExisting(session, existing);
        await session.print(createdCluster(existing, session.io.now()));
      }
      return session.note('Dry run: nothing was created.');
    }
    // Before the request: what was answered is not lost when the server refuses it.
    if (answers !== undefined) session.note(`To repeat it without questions: ${answers.command}`);
    const accepted = await requestCluster(session, request, { ...flags, name });
    if (name === undefined)
      session.note(`Cluster ${accepted.cluster.name} (${accepted.cluster.id}) was accepted.`);
    for (const warning of accepted.warnings ?? []) session.note(`Warning: ${warning}`);
    if (accepted.differences !== undefined) noteExisting(session, accepted);
    if (flags.wait) {
      const wait = () => waitUntilCreated(session, accepted, timeoutMs);
      const created = await keepingAlive(session, accepted.cluster, wait);
      return session.print(createdCluster({ ...accepted, ...created }, session.io.now()));
    }
    await session.print(createdCluster(accepted, session.io.now()));
    noteNext(session, accepted);
  }

  /** On a terminal, asks for what a create without a profile needs. */
  async #askForMissing(
    session: Session,
    argument: string | undefined,
    flags: ClusterRequestFlags & { readonly 'dry-run': boolean },
    file: Partial<ClusterRequestBody>,
  ): Promise<Answers | undefined> {
    const isComplete = (flags.profile ?? file.profile) !== undefined;
    if (isComplete || !canPrompt(session.io, session.promptPolicy)) return undefined;
    const { askForCluster } = await import('../cli/clusters/interactive-create.ts');
    return askForCluster(session, { argument, flags, file, words: this.argv });
  }
}

/** As YAML, a cluster file: what the server would use, to be kept and created with -f. */
async function printPlan(session: Session, request: ClusterRequestBody): Promise<void> {
  const plan = await requestPlan(session, request);
  if (session.format.kind !== 'yaml' || isShaped(session.flags)) return session.print(await planRecord(plan));
  const { clusterFileOf } = await import('../cli/clusters/cluster-file.ts');
  session.printOwnFormat(clusterFileOf(request, plan));
}
