import type { components } from '../../../contract/api.gen.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Cloud } from '../clouds/cloud.ts';
import type { ClusterServices } from './cluster-services.ts';

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

/** It belongs to all teams together, as the scope of its operations says. @throws AppError NOT_FOUND on a server whose clouds are real */
export function simulatedCloud({ clouds }: Pick<ClusterServices, 'clouds'>): Cloud {
  if (clouds.mode === 'sandbox') return clouds.byKind('sandbox');
  throw new AppError('NOT_FOUND', 'This server has no simulated cloud.');
}
