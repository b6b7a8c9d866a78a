import type { SandboxCluster } from '../assets/sandbox-cluster.ts';
import { planAws } from './plan-aws.ts';
import { planIbmCloud } from './plan-ibmcloud.ts';
import type { ResourcePlan } from './resource-plan.ts';

/** Everything an install of this cluster makes; the same cluster always gives the same ids. */
export function planResources(cluster: SandboxCluster): ResourcePlan {
  return cluster.platform === 'aws' ? planAws(cluster) : planIbmCloud(cluster);
}
