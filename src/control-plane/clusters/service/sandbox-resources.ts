import type { components } from '../../../contract/api.gen.ts';
import type { ClusterServices } from './cluster-services.ts';
import { simulatedCloud } from './simulated-cloud.ts';

/** What the simulated cloud holds, to see that nothing leaked. It belongs to all teams, as the scope of the operation says. */
export async function listCloud(
  services: Pick<ClusterServices, 'clouds'>,
  infraId: string | undefined,
): Promise<{ items: components['schemas']['CloudResource'][]; nextCursor: null }> {
  const resources = (await simulatedCloud(services).listAll?.()) ?? [];
  const items = resources
    .filter((resource) => infraId === undefined || resource.infraId === infraId)
    .map(({ id, arn, type, region, name, infraId: owner, tags, createdAt }) => ({
      id,
      arn,
      type,
      region,
      name,
      infraId: owner,
      clusterId: tags['ClusterId'] ?? null,
      clusterName: tags['ClusterName'] ?? null,
      tags: { ...tags },
      createdAt: createdAt.toISOString(),
    }));
  return { items, nextCursor: null };
}
