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
    ownSubnets: hasExistingNetwork(profile),
    zones: profile.platform === 'aws' ? profile.platformConfig.aws.zones : undefined,
    createsInFlight,
  };
}
