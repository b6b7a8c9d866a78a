import type { SandboxCluster } from '../../assets/sandbox-cluster.ts';
import type { NewResource } from '../../cloud/simulated-cloud.ts';
import { planResources } from '../../infrastructure/provision.ts';
import { planAwsWorker } from '../../resources/plan-aws.ts';
import { IBM_ZONES, planIbmCloudMachine } from '../../resources/plan-ibmcloud.ts';

/** A zone of a cluster, with the names that the installer makes of it. */
export interface ClusterZone {
  /** `us-east-1a`, `eu-de-1` */
  readonly name: string;
  readonly machineSet: string;
  /** The instance and the disk of a worker. */
  planWorker(machine: string): NewResource[];
}

/** The zones of the workers; the installer makes a MachineSet in each. */
export function zonesOf(cluster: SandboxCluster): ClusterZone[] {
  const { infraID, region, platform, zones } = cluster;
  if (platform === 'ibmcloud')
    return IBM_ZONES.map((zone) => ({
      name: `${region}-${zone}`,
      machineSet: `${infraID}-worker-${zone}`,
      planWorker: (machine) => planIbmCloudMachine(cluster, machine),
    }));
  return zones.map((zone) => ({
    name: `${region}${zone}`,
    machineSet: `${infraID}-worker-${region}${zone}`,
    planWorker: (machine) => planAwsWorker(cluster, machine, zone),
  }));
}

/** The machines that the installer made, by role. */
export function installedMachines(cluster: SandboxCluster): Record<'master' | 'worker', NewResource[]> {
  const plan = planResources(cluster);
  const isInstance = ({ type }: NewResource) => type === 'ec2:instance' || type === 'is:instance';
  return { master: plan.controlPlane.filter(isInstance), worker: plan.cluster.filter(isInstance) };
}
