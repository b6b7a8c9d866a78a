import type { SandboxCluster } from '../cluster.ts';
import { planAws } from './aws.ts';
import { planIbmCloud } from './ibmcloud.ts';
import type { ResourcePlan } from './plan.ts';

/** Everything an install of this cluster makes; the same cluster always gives the same ids. */
export function planResources(cluster: SandboxCluster): ResourcePlan {
  return cluster.platform === 'aws' ? planAws(cluster) : planIbmCloud(cluster);
}
