import { BaseCommand } from '../cli/base-command.ts';
import { resolveCluster } from '../cli/clusters/resolve.ts';
import { clusterArgument } from '../cli/flags/shared-flags.ts';

export default class Shell extends BaseCommand {
  static override summary = 'Open a shell with access to a cluster';
  static override description =
    "Starts $SHELL with KUBECONFIG, OCPCTL_CLUSTER_NAME, OCPCTL_CLUSTER_ID, OCPCTL_API_URL and OCPCTL_CONSOLE_URL; bash and zsh show the cluster in the prompt. Its kubeconfig is removed when the shell ends, and the exit code is that of the shell. 'ocpctl run' creates a cluster for it as well.";
  static override examples = ['<%= config.bin %> shell demo'];
  static override args = { cluster: clusterArgument() };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Shell);
    const session = await this.open(flags);
    const cluster = await resolveCluster(session.client, args.cluster);
    const { withKubeconfig } = await import('../cli/run/cluster-variables.ts');
    const { findProgram, runCommand } = await import('../cli/run/program.ts');
    const { interactiveShell } = await import('../cli/run/shell.ts');
    const { env, stdin } = session.io;
    process.exitCode = await withKubeconfig(session, cluster, 'ocpctl shell', async (access, folder) => {
      const { words, variables } = await interactiveShell(env, cluster.name, folder);
      session.note(`This shell uses ${cluster.name}; leave it with 'exit'.`);
      return runCommand(await findProgram(words, env['PATH'] ?? ''), {
        env: { ...env, ...access, ...variables },
        isInteractive: stdin.isTTY === true,
        onSignal: () => {},
      });
    });
  }
}
