import { string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { resolveCluster } from '../cli/clusters/resolve.ts';
import { clusterArgument } from '../cli/flags/shared-flags.ts';

export default class Shell extends BaseCommand {
  static override summary = 'Open a shell with access to a cluster';
  static override description =
    "Starts $SHELL with KUBECONFIG, OCPCTL_CLUSTER_NAME, OCPCTL_CLUSTER_ID, OCPCTL_API_URL and OCPCTL_CONSOLE_URL; bash and zsh show the cluster in the prompt. Commands in a pipe are run instead: the shell ends with them. Its kubeconfig is removed when the shell ends, and the exit code is that of the shell. 'ocpctl run' creates a cluster for it as well.";
  static override examples = [
    '<%= config.bin %> shell demo',
    "echo 'oc get nodes' | <%= config.bin %> shell demo",
    '<%= config.bin %> shell demo --reason "on call, ticket 42"',
  ];
  static override args = { cluster: clusterArgument() };
  static override flags = {
    reason: string({ description: 'Reason for the access, recorded in the audit log', helpValue: 'TEXT' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Shell);
    const session = await this.open(flags);
    const cluster = await resolveCluster(session.client, args.cluster);
    const { clusterVariables, withPrivateFolder } = await import('../cli/run/cluster-variables.ts');
    const { findProgram, runCommand } = await import('../cli/run/program.ts');
    const { shellOfUser } = await import('../cli/run/shell.ts');
    const { env, stdin } = session.io;
    const isInteractive = stdin.isTTY === true;
    const { code } = await withPrivateFolder(async (folder) => {
      const { words, variables } = await shellOfUser(env, cluster.name, { folder, isInteractive });
      const program = await findProgram(words, env['PATH'] ?? '');
      const access = await clusterVariables(session.client, cluster, folder, flags.reason);
      if (isInteractive) session.note(`This shell uses ${cluster.name}; leave it with 'exit'.`);
      return runCommand(program, {
        env: { ...env, ...access, ...variables },
        isInteractive,
      });
    });
    process.exitCode = code;
  }
}
