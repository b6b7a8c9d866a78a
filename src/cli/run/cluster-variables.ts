import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '../../client/api-client.ts';
import type { Cluster } from '../../contract/documents.ts';
import { fetchSecret } from '../clusters/fetch-secret.ts';
import { isErrno } from '../config/private-file.ts';
import { namedKubeconfig } from '../kubeconfig/kubeconfig-document.ts';

/**
 * Runs work with a private folder, which is removed afterwards, with those that killed processes of this host left.
 * @throws errors of the file system
 */
export async function withPrivateFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  // Process ids mean something on the same host, and in the same container.
  const prefix = `ocpctl-run-${hostname()}-`;
  await removeLeftFolders(prefix);
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeLeftFolders(prefix: string): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    // It may belong to another user.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isErrno(error, 'ESRCH');
  }
}

/**
 * The environment variables that give a program access to a cluster, with a kubeconfig in the folder.
 * @param reason of the access to the kubeconfig, for the audit log
 */
export async function clusterVariables(
  client: ApiClient,
  { id, name }: Pick<Cluster, 'id' | 'name'>,
  folder: string,
  reason: string | undefined,
): Promise<Readonly<Record<string, string>>> {
  const { value } = await fetchSecret(client, id, 'kubeconfig', reason);
  const { data } = await client.GET('/v1/clusters/{id}/outputs', { params: { path: { id } } });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, namedKubeconfig({ id, name, kubeconfig: value }), { mode: 0o600 });
  return {
    KUBECONFIG: kubeconfig,
    OCPCTL_CLUSTER_ID: id,
    OCPCTL_CLUSTER_NAME: name,
    OCPCTL_API_URL: data.apiUrl ?? '',
    OCPCTL_CONSOLE_URL: data.consoleUrl ?? '',
  };
}
