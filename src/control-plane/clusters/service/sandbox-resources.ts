import type { components } from '../../../contract/api.gen.ts';
import type { Caller } from '../../kernel/access/caller.ts';
import { requireAllTeams, simulatedCloud } from './sandbox-access.ts';
import type { ClusterWing } from './wing.ts';

/** What the simulated cloud holds, for whoever wants to see that nothing leaked. It belongs to all teams together. */
export async function listCloud(
  wing: Pick<ClusterWing, 'clouds'>,
  caller: Caller,
  infraId: string | undefined,
): Promise<{ items: components['schemas']['CloudResource'][]; nextCursor: null }> {
  requireAllTeams(caller, ['auditor', 'platform_admin']);
  const cloud = simulatedCloud(wing);
  const resources = (await cloud.listAll?.()) ?? [];
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
