import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { fetchSecret } from '../cli/clusters/fetch-secret.ts';
import { resolveCluster } from '../cli/clusters/resolve.ts';
import { CliError, UsageError } from '../cli/errors/cli-error.ts';
import { EXIT } from '../cli/errors/exit-codes.ts';
import { clusterArgument, isShaped } from '../cli/flags/shared-flags.ts';
import { writeKubeconfig } from '../cli/kubeconfig/write-kubeconfig.ts';
import type { Session } from '../cli/session.ts';
import type { Cluster } from '../contract/documents.ts';
import { outputsView } from '../render/cluster.ts';
import { recordView } from '../render/view.ts';

export default class Outputs extends BaseCommand {
  static override summary = 'Show the endpoints and credentials of a cluster';
  static override description =
    'Credentials are shown only with --kubeconfig or --kubeadmin-password. Every access to them is recorded in the audit log.';
  static override examples = [
    '<%= config.bin %> outputs demo',
    '<%= config.bin %> outputs demo -o value=apiUrl',
    '<%= config.bin %> outputs demo --kubeconfig ./kubeconfig',
    '<%= config.bin %> outputs demo --kubeadmin-password --reason "console login"',
  ];
  static override args = { cluster: clusterArgument() };
  static override flags = {
    kubeconfig: string({
      description: 'Write the kubeconfig to FILE with mode 0600; - writes to stdout',
      helpValue: 'FILE',
    }),
    'kubeadmin-password': boolean({ description: 'Print only the kubeadmin password' }),
    reason: string({ description: 'Reason for the access, recorded in the audit log', helpValue: 'TEXT' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Outputs);
    const session = await this.open(flags);
    const { kubeconfig, reason, 'kubeadmin-password': password } = flags;
    if (password && kubeconfig !== undefined) {
      throw new UsageError('--kubeconfig and --kubeadmin-password cannot be used together');
    }
    if (password && reason === undefined) {
      throw new UsageError('--kubeadmin-password requires --reason', {
        hint: 'for example --reason "console login"',
      });
    }
    const cluster = await resolveCluster(session.client, args.cluster);
    const { id, name } = cluster;
    session.actOn({ cluster });
    if (password)
      return printSecret(session, await fetchSecret(session.client, id, 'kubeadmin-password', reason));
    if (kubeconfig !== undefined) {
      const { value, ...rest } = await fetchSecret(session.client, id, 'kubeconfig', reason);
      const { namedKubeconfig } = await import('../cli/kubeconfig/kubeconfig-document.ts');
      const named = namedKubeconfig({ id, name, kubeconfig: value });
      if (kubeconfig === '-') return printSecret(session, { ...rest, value: named });
      const path = await writeKubeconfig(kubeconfig, named);
      session.note(`Wrote ${path}. To use it: export KUBECONFIG=${path}`);
    }
    const { data } = await session.client.GET('/v1/clusters/{id}/outputs', { params: { path: { id } } });
    if (cluster.status === 'DESTROYED' || data.apiUrl === null) throw noOutputsError(cluster);
    if (cluster.status.startsWith('DESTROY'))
      session.note(`Warning: ${name} is ${cluster.status}: it may not answer any more.`);
    await session.print(outputsView(data, name));
  }
}

function noOutputsError({ name, status }: Cluster): CliError {
  const isComing = status === 'PENDING' || status === 'CREATING';
  const what = isComing ? 'it has no outputs yet' : 'it has no outputs';
  const hint = isComing
    ? `wait until it is READY: 'ocpctl wait ${name} --for ready'`
    : `'ocpctl get ${name}' says why`;
  return new CliError('STATE_CONFLICT', `cluster "${name}" is ${status}: ${what}`, {
    exitCode: EXIT.conflict,
    hint,
  });
}

/** Prints the plain secret, so that it can be piped; with machine output the document of the API. */
async function printSecret(
  session: Session,
  document: Awaited<ReturnType<typeof fetchSecret>>,
): Promise<void> {
  const { kind } = session.format;
  if (kind === 'json' || kind === 'yaml' || kind === 'value' || isShaped(session.flags))
    return session.print(recordView({ document, name: document.kind, blocks: [] }));
  session.io.stdout.write(document.value.endsWith('\n') ? document.value : `${document.value}\n`);
}
