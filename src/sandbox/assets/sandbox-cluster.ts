import * as z from 'zod';
import { type InstallConfig, machineType } from './install-config.ts';

const poolSchema = z.object({ replicas: z.int(), instanceType: z.string() }).readonly();
const zonePoolSchema = poolSchema
  .unwrap()
  .extend({
    name: z.string(),
    /** Of its machines: `worker`, `edge`, or one that others have chosen. */
    role: z.string(),
    zone: z.string(),
    /** Of its nodes. */
    labels: z.record(z.string(), z.string()).readonly(),
    taints: z.array(z.object({ key: z.string(), effect: z.string() }).readonly()).readonly(),
  })
  .readonly();

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
  /** AWS: of the load balancer of the ingress. */
  ingressType: z.enum(['classic', 'network']).default('classic'),
  /** AWS: the subnets exist already, so no network is created. */
  hasOwnSubnets: z.boolean(),
  /** AWS: an existing hosted zone; undefined: the installer creates one. */
  hostedZone: z.string().optional(),
  /** AWS: the role for a zone of another account. */
  hostedZoneRole: z.string().optional(),
  controlPlane: poolSchema,
  workers: poolSchema,
  /** AWS: machines of the pool `edge` and of machine sets that others have added. */
  pools: z.array(zonePoolSchema).readonly(),
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

/** Machines in one zone. */
export type SandboxPool = Readonly<z.infer<typeof zonePoolSchema>>;

const DEFAULT_REPLICAS = 3;

export function clusterFromConfig(
  config: InstallConfig,
  ids: { readonly clusterID: string; readonly infraID: string },
  addedPools: readonly SandboxPool[],
): SandboxCluster {
  const { aws, ibmcloud } = config.platform;
  const workers = config.compute?.find(({ name }) => name !== EDGE);
  return {
    ...ids,
    clusterName: config.metadata.name,
    baseDomain: config.baseDomain.replace(/\.$/, ''),
    platform: aws ? 'aws' : 'ibmcloud',
    region: aws?.region ?? ibmcloud?.region ?? '',
    zones: zonesOf(config),
    isPublic: config.publish === 'External',
    ingressType: aws?.lbType === 'NLB' ? 'network' : 'classic',
    hasOwnSubnets: (aws?.vpc?.subnets ?? aws?.subnets ?? []).length > 0,
    hostedZone: aws?.hostedZone ?? undefined,
    hostedZoneRole: aws?.hostedZoneRole ?? undefined,
    controlPlane: {
      replicas: config.controlPlane?.replicas ?? DEFAULT_REPLICAS,
      instanceType: machineType(config.controlPlane) ?? (aws ? 'm6i.xlarge' : 'bx2-4x16'),
    },
    workers: {
      replicas: workers?.replicas ?? DEFAULT_REPLICAS,
      instanceType: machineType(workers) ?? (aws ? 'm6i.xlarge' : 'bx2-4x16'),
    },
    pools: [...edgePools(config), ...addedPools],
    userTags: aws?.userTags ?? {},
    resourceGroupName: ibmcloud?.resourceGroupName ?? undefined,
    network: networkOf(ibmcloud),
  };
}

const EDGE = 'edge';

/** The pool of the workers, as far as the zones of the install-config are known: a machine set in each zone. */
export function workerPools({ platform, region, zones, workers }: SandboxCluster): SandboxPool[] {
  const names = platform === 'aws' ? zones.map((zone) => `${region}${zone}`) : [];
  return spread(names, workers.replicas).map((perZone) => ({
    ...perZone,
    name: 'worker',
    role: 'worker',
    instanceType: workers.instanceType,
    labels: {},
    taints: [],
  }));
}

export function machineSetName(infraID: string, { name, zone }: Pick<SandboxPool, 'name' | 'zone'>): string {
  return `${infraID}-${name}-${zone}`;
}

/** The installer spreads the machines over the zones: the first ones get one more. */
function spread(
  zones: readonly string[],
  total: number,
): { readonly zone: string; readonly replicas: number }[] {
  return zones.map((zone, index) => ({
    zone,
    replicas: Math.floor(total / zones.length) + (index < total % zones.length ? 1 : 0),
  }));
}

const EDGE_ROLE = 'node-role.kubernetes.io/edge';

function edgePools({ compute }: InstallConfig): SandboxPool[] {
  const edge = compute?.find(({ name }) => name === EDGE);
  const zones = edge?.platform?.aws?.zones ?? [];
  return spread(zones, edge?.replicas ?? zones.length).map((perZone) => ({
    ...perZone,
    name: EDGE,
    role: EDGE,
    instanceType: machineType(edge) ?? 'c5d.2xlarge',
    labels: { [EDGE_ROLE]: '' },
    taints: [{ key: EDGE_ROLE, effect: 'NoSchedule' }],
  }));
}

/** Those that the pools name; without any, all zones of the simulated region. */
function zonesOf({ controlPlane, compute }: InstallConfig): string[] {
  const inRegion = (compute ?? []).filter(({ name }) => name !== EDGE);
  const named = [controlPlane, ...inRegion].flatMap((pool) => pool?.platform?.aws?.zones ?? []);
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
