import * as z from 'zod';
import { type InstallConfig, machineType } from './install-config.ts';

const poolSchema = z.object({ replicas: z.int(), instanceType: z.string() }).readonly();

export const sandboxClusterSchema = z.object({
  clusterName: z.string(),
  baseDomain: z.string(),
  clusterID: z.string(),
  infraID: z.string(),
  platform: z.enum(['aws', 'ibmcloud']),
  region: z.string(),
  /** AWS: the letters of the zones. */
  zones: z.array(z.string()).readonly(),
  isPublic: z.boolean(),
  /** AWS: the subnets exist already, so no network is created. */
  hasOwnSubnets: z.boolean(),
  /** AWS: an existing hosted zone; undefined: the installer creates one. */
  hostedZone: z.string().optional(),
  /** AWS: the role for a zone of another account. */
  hostedZoneRole: z.string().optional(),
  controlPlane: poolSchema,
  workers: poolSchema,
  userTags: z.record(z.string(), z.string()).readonly(),
  /** IBM: an existing group; undefined: the installer creates one with the name of the infraID. */
  resourceGroupName: z.string().optional(),
  /** IBM: an existing network; undefined: the installer creates one. */
  network: z
    .object({ vpcName: z.string(), subnets: z.array(z.string()).readonly() })
    .readonly()
    .optional(),
});
/** The properties of a cluster that determine its resources in the simulated cloud. */
export type SandboxCluster = Readonly<z.infer<typeof sandboxClusterSchema>>;

const DEFAULT_REPLICAS = 3;

export function clusterFromConfig(
  config: InstallConfig,
  ids: { readonly clusterID: string; readonly infraID: string },
): SandboxCluster {
  const { aws, ibmcloud } = config.platform;
  const pools = config.compute ?? [];
  const workerReplicas = pools.reduce((sum, pool) => sum + (pool.replicas ?? DEFAULT_REPLICAS), 0);
  return {
    ...ids,
    clusterName: config.metadata.name,
    baseDomain: config.baseDomain.replace(/\.$/, ''),
    platform: aws ? 'aws' : 'ibmcloud',
    region: aws?.region ?? ibmcloud?.region ?? '',
    zones: zonesOf(config),
    isPublic: config.publish === 'External',
    hasOwnSubnets: (aws?.vpc?.subnets ?? aws?.subnets ?? []).length > 0,
    hostedZone: aws?.hostedZone ?? undefined,
    hostedZoneRole: aws?.hostedZoneRole ?? undefined,
    controlPlane: {
      replicas: config.controlPlane?.replicas ?? DEFAULT_REPLICAS,
      instanceType: machineType(config.controlPlane) ?? (aws ? 'm6i.xlarge' : 'bx2-4x16'),
    },
    workers: {
      replicas: pools.length === 0 ? DEFAULT_REPLICAS : workerReplicas,
      instanceType: machineType(pools[0]) ?? (aws ? 'm6i.xlarge' : 'bx2-4x16'),
    },
    userTags: aws?.userTags ?? {},
    resourceGroupName: ibmcloud?.resourceGroupName ?? undefined,
    network: networkOf(ibmcloud),
  };
}

/** Those that the pools name; without any, all zones of the simulated region. */
function zonesOf({ controlPlane, compute }: InstallConfig): string[] {
  const named = [controlPlane, ...(compute ?? [])].flatMap((pool) => pool?.platform?.aws?.zones ?? []);
  const letters = [...new Set(named.map((zone) => zone.slice(-1)))];
  return letters.length === 0 ? ['a', 'b', 'c'] : letters;
}

function networkOf(ibmcloud: InstallConfig['platform']['ibmcloud']): SandboxCluster['network'] {
  if (!ibmcloud?.vpcName) return undefined;
  const { vpcName, controlPlaneSubnets, computeSubnets } = ibmcloud;
  return { vpcName, subnets: [...new Set([...(controlPlaneSubnets ?? []), ...(computeSubnets ?? [])])] };
}

/** Regions that list the resources of a cluster: its own, and us-east-1 for the global services of AWS. */
export function clusterRegions({ region }: Pick<SandboxCluster, 'region'>): string[] {
  return [region, 'us-east-1'];
}

export function clusterDomain({
  clusterName,
  baseDomain,
}: Pick<SandboxCluster, 'clusterName' | 'baseDomain'>): string {
  return `${clusterName}.${baseDomain}`;
}
