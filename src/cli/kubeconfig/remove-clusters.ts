import { ApiError } from '../../client/api-error.ts';
import type { Cluster } from '../../contract/documents.ts';
import { fetchCluster } from '../clusters/resolve.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { Session } from '../session.ts';
import { addedContexts, removeContexts } from './kubeconfig-document.ts';
import { editKubeconfig, kubeconfigPath } from './kubeconfig-file.ts';

interface RemovedContext {
  readonly context: string;
  readonly clusterId: string;
  readonly file: string;
}

/**
 * Removes contexts of ocpctl from a kubeconfig.
 * @param names of contexts, or ids of clusters @param flags.destroyed also those whose clusters are DESTROYED
 * @throws CliError NOT_FOUND if one of the names is unknown; nothing is removed then
 */
export async function removeClusters(
  session: Session,
  names: readonly string[],
  flags: { readonly file?: string | undefined; readonly destroyed: boolean },
): Promise<RemovedContext[]> {
  const file = kubeconfigPath(session.io.env, flags.file);
  const { removed } = await editKubeconfig(file, async (text) => {
    const known = addedContexts(text);
    const unknown = names.find((name) => !known.some((added) => isNamed(added, name)));
    if (unknown !== undefined) throw notFoundError(unknown, file, known);
    const gone = new Set<string>();
    for (const { clusterId } of flags.destroyed ? known : [])
      if (await isDestroyed(session, clusterId)) gone.add(clusterId);
    return removeContexts(
      text,
      (added) => gone.has(added.clusterId) || names.some((name) => isNamed(added, name)),
    );
  });
  return removed.map((added) => ({ ...added, file }));
}

function isNamed({ context, clusterId }: { context: string; clusterId: string }, name: string): boolean {
  return context === name || clusterId === name;
}

/** A cluster that this server does not know may be one of another server. */
async function isDestroyed({ client }: Session, id: string): Promise<boolean> {
  const cluster: Pick<Cluster, 'status'> | undefined = await fetchCluster(client, id).catch(
    (error: unknown) => {
      if (error instanceof ApiError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    },
  );
  return cluster?.status === 'DESTROYED';
}

function notFoundError(name: string, file: string, known: readonly { context: string }[]): CliError {
  const names = known.map(({ context }) => context).join(', ') || 'none';
  return new CliError('NOT_FOUND', `${file} has no context "${name}" that ocpctl added`, {
    exitCode: EXIT.notFound,
    hint: `contexts of ocpctl: ${names}`,
  });
}
