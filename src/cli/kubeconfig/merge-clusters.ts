import { fetchSecret } from '../clusters/fetch-secret.ts';
import { resolveCluster } from '../clusters/resolve.ts';
import type { Session } from '../session.ts';
import { execUser, mergeCluster } from './kubeconfig-document.ts';
import { editKubeconfig, kubeconfigPath } from './kubeconfig-file.ts';

export interface MergeOptions {
  readonly file?: string | undefined;
  readonly exec: boolean;
  readonly reason?: string | undefined;
  /** Whether the last of them becomes the current context. */
  readonly use: boolean;
}

export interface MergedContext {
  readonly context: string;
  readonly clusterId: string;
  readonly file: string;
  readonly current: boolean;
}

/** Adds clusters to a kubeconfig. Nothing is written unless all were found and their kubeconfigs read. */
export async function mergeClusters(
  session: Session,
  references: readonly string[],
  { file, exec, reason, use }: MergeOptions,
): Promise<MergedContext[]> {
  const path = kubeconfigPath(session.io.env, file);
  const added: { id: string; name: string; kubeconfig: string }[] = [];
  for (const reference of references) {
    const { id, name } = await resolveCluster(session.client, reference);
    const { value } = await fetchSecret(session.client, id, 'kubeconfig', reason);
    added.push({ id, name, kubeconfig: value });
  }
  const user = exec ? execUser(session.connection.contextName) : undefined;
  const { contexts } = await editKubeconfig(path, (before) => {
    let text = before;
    const merged: MergedContext[] = [];
    for (const access of added) {
      const isLast = access === added.at(-1);
      const { text: after, context } = mergeCluster(text, access, { use: use && isLast, user });
      text = after;
      merged.push({ context, clusterId: access.id, file: path, current: use && isLast });
    }
    return { text, contexts: merged };
  });
  return contexts;
}
