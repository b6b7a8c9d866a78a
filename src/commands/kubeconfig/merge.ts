import { string as stringArgument } from '@oclif/core/args';
import { BaseCommand } from '../../cli/base-command.ts';
import { KUBECONFIG_FLAGS } from '../../cli/flags/kubeconfig-flags.ts';
import { kubeconfigContextList } from '../../render/kubeconfig.ts';

export default class KubeconfigMerge extends BaseCommand {
  static override summary = 'Add clusters to a kubeconfig';
  static override description =
    "As 'ocpctl kubeconfig use', without changing the current context; 'kubectl --context NAME' uses one of them.";
  static override examples = [
    '<%= config.bin %> kubeconfig merge demo other',
    '<%= config.bin %> kubeconfig merge demo --file ./kubeconfig',
  ];
  static override args = {
    cluster: stringArgument({
      description: 'Name or id of a cluster',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = KUBECONFIG_FLAGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KubeconfigMerge);
    const session = await this.open(flags);
    const { mergeClusters } = await import('../../cli/kubeconfig/merge-clusters.ts');
    const contexts = await mergeClusters(session, args.cluster, { ...flags, use: false });
    session.noteChange();
    await session.print(kubeconfigContextList(contexts));
  }
}
