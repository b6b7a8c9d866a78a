import type { Cloud, PreflightRequest } from '../clouds/cloud.ts';
import type { Profile } from '../profiles/profile.ts';

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
  const { controlPlane, workers } = profile.compute;
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
    resourceGroup: ibmcloud?.resourceGroup,
    ...networkOf(profile),
    createsInFlight,
  };
}

function networkOf(profile: Profile): Pick<PreflightRequest, 'ownSubnets' | 'zones'> {
  if (profile.platform === 'ibmcloud') {
    return { ownSubnets: profile.platformConfig.ibmcloud.vpcName !== undefined };
  }
  const { subnets, zones } = profile.platformConfig.aws;
  return { ownSubnets: subnets !== undefined, zones };
}
