import { fetchSecret } from '../clusters/fetch-secret.ts';
import { resolveCluster } from '../clusters/resolve.ts';
import { parseServerUrl } from '../config/connection.ts';
import { requireContext } from '../config/context-row.ts';
import type { Session } from '../session.ts';
import { addedContexts, execUser, mergeCluster } from './kubeconfig-document.ts';
import {
  editKubeconfig,
  kubeconfigPath,
  otherKubeconfigs,
  readableByOthers,
  readKubeconfigText,
} from './kubeconfig-file.ts';

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
  const others = await otherKubeconfigs(session.io.env, file);
  // A file that cannot be read is found before a key is opened, which the audit log has.
  for (const text of [await readKubeconfigText(path), ...others]) addedContexts(text);
  const added: { id: string; name: string; kubeconfig: string }[] = [];
  for (const reference of references) {
    const { id, name } = await resolveCluster(session.client, reference);
    const { value } = await fetchSecret(session.client, id, 'kubeconfig', reason);
    added.push({ id, name, kubeconfig: value });
  }
  const user = exec
    ? execUser([...connectionFlags(session), ...(reason === undefined ? [] : ['--reason', reason])])
    : undefined;
  const { contexts } = await editKubeconfig(path, (before) => {
    let { text } = before;
    let keepsCopy = true;
    const merged: MergedContext[] = [];
    for (const access of added) {
      const isLast = access === added.at(-1);
      const {
        text: after,
        context,
        replaced,
      } = mergeCluster({ ...before, text }, access, { use: use && isLast, user, others });
      text = after;
      // The file of before may have the key of a cluster that is to have none on disk.
      if (exec && replaced) keepsCopy = false;
      merged.push({ context, clusterId: access.id, file: path, current: use && isLast });
    }
    return { text, keepsCopy, contexts: merged };
  });
  const warning = exec ? undefined : await readableByOthers(path);
  if (warning !== undefined) session.note(warning);
  return contexts;
}

/** With these flags a later command asks the same server as the same user; what the environment set may be gone then. */
function connectionFlags({ connection, file }: Session): string[] {
  const { contextName, server, auth } = connection;
  const context = contextName === undefined ? undefined : requireContext(file, contextName);
  const profile = auth.kind === 'sts' && auth.profile !== context?.awsProfile ? auth.profile : undefined;
  return [
    ...(contextName === undefined ? [] : ['--context', contextName]),
    ...(context !== undefined && parseServerUrl(context.server) === server ? [] : ['--server', server]),
    ...(profile === undefined ? [] : ['--aws-profile', profile]),
  ];
}
