import { string as stringArgument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { clusterRequest, readClusterFile } from '../cli/clusters/cluster-request.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { CLUSTER_FILE_FLAG, CLUSTER_FLAGS } from '../cli/flags/cluster-flags.ts';
import { durationMs, keepaliveMinutes } from '../cli/flags/flag-values.ts';
import { ownWords } from '../cli/own-words.ts';

/** The keepalive of a run whose flags and file have none. */
const KEEPALIVE_MINUTES = 15;
const EXAMPLE = 'ocpctl run --profile aws-minimal-test -- oc get nodes';

export default class Run extends BaseCommand {
  static override summary = 'Create a cluster, run a command with it, and destroy it';
  static override description =
    "The command after -- runs with KUBECONFIG, OCPCTL_CLUSTER_NAME, OCPCTL_CLUSTER_ID, OCPCTL_API_URL and OCPCTL_CONSOLE_URL, and with the terminal; its exit code is that of 'ocpctl run'. The destroy is requested when the command ends, when SIGTERM or Ctrl-C ends the run, and when the cluster is not READY in time. When ocpctl itself is killed, or its machine dies, the server destroys the cluster after the time of --keepalive.";
  static override examples = [
    '<%= config.bin %> run --profile aws-minimal-test -- oc get nodes',
    '<%= config.bin %> run demo --profile aws-minimal-test --keep-on-failure 2h -- ./e2e.sh --verbose',
    '<%= config.bin %> run --profile aws-minimal-test --wait -- bash',
    '<%= config.bin %> run -f demo.yaml -- ./e2e.sh',
  ];
  static override usage = 'run [NAME] --profile NAME [flags] -- COMMAND [ARGUMENT…]';
  static override waits = true;
  static override args = {
    name: stringArgument({ description: 'Name of the cluster (default: generated)', ignoreStdin: true }),
  };
  static override flags = {
    file: string({
      ...CLUSTER_FILE_FLAG,
      description: `${CLUSTER_FILE_FLAG.description}. 'ocpctl help cluster-file' shows the fields`,
    }),
    ...CLUSTER_FLAGS,
    keepalive: string({
      description:
        'Destroy the cluster when ocpctl has not renewed it for this time, from 1m to 24h (default: 15m)',
      helpValue: 'DURATION',
    }),
    'keep-on-failure': string({
      description:
        'If the command fails, keep the cluster for this time, from 1m to 24h, but not beyond its expiry (default: destroy it)',
      helpValue: 'DURATION',
    }),
    wait: boolean({ description: 'When the command has ended, wait until the cluster is DESTROYED' }),
    timeout: string({
      description: 'Destroy the cluster if it is not READY within this time (default: 0, no limit)',
      helpValue: 'DURATION',
      default: '0',
    }),
  };

  async run(): Promise<void> {
    // oclif would move words of the command behind its own.
    const own = ownWords(this.argv);
    const words = this.argv.slice(own.length + 1);
    if (words.length === 0)
      throw new UsageError(
        own.length === this.argv.length ? 'missing -- before the command' : 'missing command after --',
        {
          hint: `for example '${EXAMPLE}'`,
        },
      );
    const { args, flags } = await this.parse(Run, [...own]);
    const keepOnFailure = flags['keep-on-failure'];
    const createTimeoutMs = durationMs('timeout', flags.timeout);
    const keepOnFailureMinutes =
      keepOnFailure === undefined ? undefined : keepaliveMinutes('keep-on-failure', keepOnFailure);
    const session = await this.open(flags);
    session.waitThroughOutages();
    const file = flags.file === undefined ? {} : await readClusterFile(session.io, clusterFile(flags.file));
    const request = {
      keepaliveMinutes: KEEPALIVE_MINUTES,
      ...(await clusterRequest(args.name, flags, file)),
    };
    const { findProgram } = await import('../cli/run/program.ts');
    const program = await findProgram(words, session.io.env['PATH'] ?? '');
    const { runWithCluster } = await import('../cli/run/run-with-cluster.ts');
    const options = { request, program, keepOnFailureMinutes, createTimeoutMs, wait: flags.wait };
    process.exitCode = await runWithCluster(session, options);
  }
}

/** @throws UsageError for stdin, which belongs to the command */
function clusterFile(file: string): string {
  if (file !== '-') return file;
  throw new UsageError('-f - cannot be used here: stdin is that of the command', {
    hint: 'write the fields of the cluster into a file',
  });
}
