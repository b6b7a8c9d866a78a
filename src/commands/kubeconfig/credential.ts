import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { fetchSecret } from '../../cli/clusters/fetch-secret.ts';
import { resolveCluster } from '../../cli/clusters/resolve.ts';
import { clusterArgument } from '../../cli/flags/shared-flags.ts';
import { recordView } from '../../render/view.ts';

export default class KubeconfigCredential extends BaseCommand {
  static override summary = 'Print the credential of a cluster for kubectl';
  static override description =
    "kubectl and oc run it for clusters that were added with --exec. It prints an ExecCredential of client.authentication.k8s.io/v1, with the admin's client certificate and key.";
  static override examples = ['<%= config.bin %> kubeconfig credential demo'];
  static override args = { cluster: clusterArgument() };
  static override flags = {
    reason: string({ description: 'Reason for the access, recorded in the audit log', helpValue: 'TEXT' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KubeconfigCredential);
    const session = await this.open(flags);
    const { id, name } = await resolveCluster(session.client, args.cluster);
    const { value } = await fetchSecret(session.client, id, 'kubeconfig', flags.reason);
    const { execCredential } = await import('../../cli/kubeconfig/exec-credential.ts');
    const document = execCredential({ id, name, kubeconfig: value });
    await session.printText(
      `${JSON.stringify(document)}\n`,
      recordView({ document, name: 'credential', blocks: [] }),
    );
  }
}
