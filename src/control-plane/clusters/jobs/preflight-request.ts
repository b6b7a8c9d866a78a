import * as z from 'zod';
import type { Cloud, PreflightRequest } from '../clouds/cloud.ts';
import { hasExistingNetwork, type Profile } from '../profiles/profile.ts';

/** What of a create is not in its profile. */
export interface PlannedCluster {
  readonly clusterName?: string | undefined;
  readonly region: string;
  readonly baseDomain: string;
  readonly workerReplicas: number;
  /** Creates accepted earlier for this region whose resources do not exist yet. */
  readonly createsInFlight: number;
}

/** What a create by a profile will need from its cloud. */
export function preflightRequestOf(
  { credentialsMode }: Pick<Cloud, 'credentialsMode'>,
  profile: Profile,
  { clusterName, region, baseDomain, workerReplicas, createsInFlight }: PlannedCluster,
): PreflightRequest {
  const { controlPlane, workers, pools } = profile.compute;
  const ibmcloud = profile.platform === 'ibmcloud' ? profile.platformConfig.ibmcloud : undefined;
  return {
    region,
    baseDomain,
    clusterName,
    publish: profile.features.privateCluster ? 'Internal' : 'External',
    credentialsMode,
    controlPlane,
    workers: {
      instanceType: workers.instanceType,
      replicas: workerReplicas,
      spot: workers.spot === true,
    },
    pools: pools?.map(({ name, instanceType, replicas, zones, spot }) => ({
      name,
      instanceType,
      replicas,
      zones,
      spot: spot === true,
    })),
    resourceGroup: ibmcloud?.resourceGroup,
    ownSubnets: hasExistingNetwork(profile),
    ...awsFields(profile),
    createsInFlight,
  };
}

function awsFields(profile: Profile): Pick<PreflightRequest, 'hostedZone' | 'ownIam' | 'zones'> {
  if (profile.platform !== 'aws') return {};
  const { hostedZone: id, hostedZoneRole: role, zones } = profile.platformConfig.aws;
  return { hostedZone: id === undefined ? undefined : { id, role }, ownIam: ownIamOf(profile), zones };
}

const machineSchema = z.object({ iamRole: z.string().optional(), iamProfile: z.string().optional() });
const poolSchema = z.object({ platform: z.object({ aws: machineSchema.optional() }).optional() });
/** What of the fragment of a profile decides whether the installer creates roles. */
const iamSchema = z.object({
  platform: z
    .object({ aws: z.object({ defaultMachinePlatform: machineSchema.optional() }).optional() })
    .optional(),
  controlPlane: poolSchema.optional(),
  compute: z.array(poolSchema).optional(),
});

/** The installer creates both for each kind of machine that names neither. */
function ownIamOf({ installConfig = {} }: Profile): PreflightRequest['ownIam'] {
  const { data: { platform, controlPlane, compute = [] } = {} } = iamSchema.safeParse(installConfig);
  const kinds = [controlPlane?.platform?.aws, compute[0]?.platform?.aws].map((machine) => ({
    ...platform?.aws?.defaultMachinePlatform,
    ...machine,
  }));
  if (kinds.every(({ iamProfile }) => iamProfile !== undefined)) return 'instance profiles';
  return kinds.every(({ iamRole, iamProfile }) => (iamRole ?? iamProfile) !== undefined)
    ? 'roles'
    : undefined;
}
