import type { SandboxCluster } from '../assets/sandbox-cluster.ts';
import { planAws } from './plan-aws.ts';
import { planIbmCloud } from './plan-ibmcloud.ts';
import type { ResourcePlan } from './resource-plan.ts';

/** All resources of an install; the same cluster always gives the same ids. */
export function planResources(cluster: SandboxCluster): ResourcePlan {
  return cluster.platform === 'aws' ? planAws(cluster) : planIbmCloud(cluster);
}
