import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../../contract/documents.ts';
import { fetchSecret } from '../clusters/fetch-secret.ts';
import { namedKubeconfig } from '../kubeconfig/kubeconfig-document.ts';
import type { Session } from '../session.ts';

/**
 * Runs work with the environment variables that give a program access to a cluster. The kubeconfig is removed afterwards.
 * @param reason of the access to the kubeconfig, for the audit log
 */
export async function withKubeconfig<T>(
  { client }: Session,
  { id, name }: Cluster,
  reason: string,
  work: (variables: Readonly<Record<string, string>>, folder: string) => Promise<T>,
): Promise<T> {
  const { value } = await fetchSecret(client, id, 'kubeconfig', reason);
  const { data } = await client.GET('/v1/clusters/{id}/outputs', { params: { path: { id } } });
  const folder = await mkdtemp(join(tmpdir(), 'ocpctl-run-'));
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, namedKubeconfig({ id, name, kubeconfig: value }), { mode: 0o600 });
    const variables = {
      KUBECONFIG: kubeconfig,
      OCPCTL_CLUSTER_ID: id,
      OCPCTL_CLUSTER_NAME: name,
      OCPCTL_API_URL: data.apiUrl ?? '',
      OCPCTL_CONSOLE_URL: data.consoleUrl ?? '',
    };
    return await work(variables, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
