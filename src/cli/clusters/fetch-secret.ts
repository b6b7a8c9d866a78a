import type { ApiClient } from '../../client/api-client.ts';
import { omitUndefined } from '../flags/flag-values.ts';

export type ClusterSecret = 'kubeconfig' | 'kubeadmin-password';

/**
 * Opens a secret of a cluster; the access is recorded in the audit log.
 * @param id of the cluster @param reason as it is recorded
 */
export async function fetchSecret(
  client: ApiClient,
  id: string,
  kind: ClusterSecret,
  reason: string | undefined,
) {
  const body = { kind, ...omitUndefined({ reason }) };
  const { data } = await client.POST('/v1/clusters/{id}/credentials', { params: { path: { id } }, body });
  return data;
}
