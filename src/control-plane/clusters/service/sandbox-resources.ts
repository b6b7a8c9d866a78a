import type { components } from '../../../contract/api.gen.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ClusterWing } from './wing.ts';

/** What the simulated cloud holds, for whoever wants to see that nothing leaked. It belongs to all teams together, as its scope says. */
export async function listCloud(
  wing: Pick<ClusterWing, 'clouds'>,
  infraId: string | undefined,
): Promise<{ items: components['schemas']['CloudResource'][]; nextCursor: null }> {
  if (wing.clouds.mode !== 'sandbox') throw new AppError('NOT_FOUND', 'This server has no simulated cloud.');
  const resources = (await wing.clouds.holding('sandbox').listAll?.()) ?? [];
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
