import {
  machineSetName,
  type SandboxCluster,
  type SandboxPool,
  workerPools,
} from '../../assets/sandbox-cluster.ts';
import type { NewResource } from '../../cloud/simulated-cloud.ts';
import { planResources } from '../../infrastructure/provision.ts';
import { planAwsWorker } from '../../resources/plan-aws.ts';
import { IBM_ZONES, planIbmCloudMachine } from '../../resources/plan-ibmcloud.ts';

/** A MachineSet of an install: its pool in one zone, with the machines that the installer made for it. */
export interface InstalledMachineSet {
  readonly name: string;
  readonly pool: Omit<SandboxPool, 'name' | 'replicas'>;
  readonly machines: readonly string[];
}

/** `us-east-1a`, `us-east-1-bos-1a`, `eu-de-1`: the zones in which a machine can be. */
export function zonesOf(cluster: SandboxCluster): string[] {
  return [...new Set(poolsOf(cluster).map(({ pool }) => pool.zone))];
}

/** The instance and the disk of a worker. */
export function planWorker(
  cluster: SandboxCluster,
  name: string,
  placement: { readonly zone: string; readonly instanceType: string },
): NewResource[] {
  return cluster.platform === 'ibmcloud'
    ? planIbmCloudMachine(cluster, name)
    : planAwsWorker(cluster, name, placement);
}

/** The instances that the installer made, by role. */
export function installedMachines(cluster: SandboxCluster): Record<'master' | 'worker', NewResource[]> {
  const plan = planResources(cluster);
  const isInstance = ({ type }: NewResource) => type === 'ec2:instance' || type === 'is:instance';
  return { master: plan.controlPlane.filter(isInstance), worker: plan.cluster.filter(isInstance) };
}

/** Those of the workers first. */
export function installedMachineSets(cluster: SandboxCluster): InstalledMachineSet[] {
  const names = installedMachines(cluster).worker.map(({ name }) => name);
  return poolsOf(cluster).map((set) => ({
    ...set,
    machines: names.filter((name) => name.replace(/-[^-]+$/, '') === set.name),
  }));
}

function poolsOf(cluster: SandboxCluster): Omit<InstalledMachineSet, 'machines'>[] {
  const { infraID, platform, region, workers, pools } = cluster;
  if (platform === 'aws')
    return [...workerPools(cluster), ...pools].map((pool) => ({ name: machineSetName(infraID, pool), pool }));
  const { instanceType } = workers;
  return IBM_ZONES.map((zone) => ({
    name: `${infraID}-worker-${zone}`,
    pool: { role: 'worker', zone: `${region}-${zone}`, instanceType, labels: {}, taints: [] },
  }));
}
