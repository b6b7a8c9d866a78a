import { BaseCommand } from '../../cli/base-command.ts';
import { KUBECONFIG_FLAGS } from '../../cli/flags/kubeconfig-flags.ts';
import { clusterArgument } from '../../cli/flags/shared-flags.ts';
import { kubeconfigContextList } from '../../render/kubeconfig.ts';

export default class KubeconfigUse extends BaseCommand {
  static override summary = 'Make kubectl and oc use a cluster';
  static override description =
    'Adds the cluster to the kubeconfig, or replaces it there, and makes its context the current one. Context, cluster and user have the name of the cluster; if something else has that name, the end of the id is added to it. The file of before is kept as FILE.before-ocpctl, unless --exec replaces a key.';
  static override examples = [
    '<%= config.bin %> kubeconfig use demo',
    '<%= config.bin %> kubeconfig use demo --exec --reason "on call"',
  ];
  static override args = { cluster: clusterArgument() };
  static override flags = KUBECONFIG_FLAGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KubeconfigUse);
    const session = await this.open(flags);
    const { mergeClusters } = await import('../../cli/kubeconfig/merge-clusters.ts');
    const contexts = await mergeClusters(session, [args.cluster], { ...flags, use: true });
    session.noteChange();
    await session.print(kubeconfigContextList(contexts));
    session.note(`kubectl and oc use ${contexts[0]?.context ?? args.cluster} now.`);
  }
}
