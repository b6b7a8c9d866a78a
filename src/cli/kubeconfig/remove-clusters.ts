import { ApiError } from '../../client/api-error.ts';
import type { Cluster } from '../../contract/documents.ts';
import { fetchCluster } from '../clusters/resolve.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { Session } from '../session.ts';
import { type AddedContext, addedContexts, removeContexts } from './kubeconfig-document.ts';
import { editKubeconfig, kubeconfigPath, readKubeconfigText } from './kubeconfig-file.ts';

interface RemovedContext extends AddedContext {
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
  // The server is asked before the lock is taken, at which kubectl fails.
  const known = addedContexts(await readKubeconfigText(file));
  assertKnown(names, known, file);
  const destroyed = flags.destroyed ? await destroyedOf(session, known) : new Set<string>();
  const { removed } = await editKubeconfig(file, (before) => {
    assertKnown(names, addedContexts(before), file);
    const edited = removeContexts(
      before,
      (added) => destroyed.has(added.clusterId) || names.some((name) => isNamed(added, name)),
    );
    return { ...edited, keepsCopy: false };
  });
  return removed.map((added) => ({ ...added, file }));
}

async function destroyedOf(session: Session, known: readonly AddedContext[]): Promise<Set<string>> {
  const destroyed = new Set<string>();
  for (const clusterId of new Set(known.map((added) => added.clusterId)))
    if (await isDestroyed(session, clusterId)) destroyed.add(clusterId);
  return destroyed;
}

function assertKnown(names: readonly string[], known: readonly AddedContext[], file: string): void {
  const unknown = names.find((name) => !known.some((added) => isNamed(added, name)));
  if (unknown === undefined) return;
  throw new CliError('NOT_FOUND', `${file} has no context "${unknown}" that ocpctl added`, {
    exitCode: EXIT.notFound,
    hint: `contexts of ocpctl: ${known.map(({ context }) => context).join(', ') || 'none'}`,
  });
}

function isNamed({ context, clusterId }: AddedContext, name: string): boolean {
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
