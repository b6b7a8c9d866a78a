import { string as stringArgument } from '@oclif/core/args';
import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { UsageError } from '../../cli/errors/cli-error.ts';
import { KUBECONFIG_FILE_FLAG } from '../../cli/flags/kubeconfig-flags.ts';
import { kubeconfigContextList } from '../../render/kubeconfig.ts';

export default class KubeconfigRemove extends BaseCommand {
  static override summary = 'Remove clusters from a kubeconfig';
  static override description =
    'Removes contexts that ocpctl added, with their clusters and users; those of others stay. If the current context goes, there is none afterwards. FILE.before-ocpctl is removed too, because it has the keys.';
  static override examples = [
    '<%= config.bin %> kubeconfig remove demo',
    '<%= config.bin %> kubeconfig remove --destroyed',
  ];
  static override args = {
    context: stringArgument({
      description: 'Context, or id of its cluster',
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...KUBECONFIG_FILE_FLAG,
    destroyed: boolean({ description: 'Remove the clusters that the server says are DESTROYED' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KubeconfigRemove);
    const names = args.context ?? [];
    if (names.length === 0 && !flags.destroyed)
      throw new UsageError('nothing to remove', { hint: 'name contexts, or use --destroyed' });
    const session = await this.open(flags);
    const { removeClusters } = await import('../../cli/kubeconfig/remove-clusters.ts');
    const removed = await removeClusters(session, names, flags);
    session.noteChange();
    await session.print(kubeconfigContextList(removed));
  }
}
