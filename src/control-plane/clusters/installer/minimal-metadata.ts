import type { InstallMetadata } from './metadata.ts';

interface ClusterFacts {
  readonly infraId: string;
  readonly clusterName: string;
  readonly region: string;
  readonly baseDomain: string;
  readonly clusterUuid?: string;
}

export type MetadataFacts =
  | (ClusterFacts & { readonly platform: 'aws'; readonly hostedZoneRole?: string })
  | (ClusterFacts & {
      readonly platform: 'ibmcloud';
      readonly accountId?: string;
      readonly cisInstanceCrn?: string;
      readonly dnsInstanceId?: string;
      /** Default: the infraID, which is how the installer names a group that it creates. */
      readonly resourceGroupName?: string;
    });

/** Builds the `metadata.json` that `destroy cluster` needs, from what the database knows. */
export function minimalMetadata(facts: MetadataFacts): InstallMetadata {
  const { infraId, clusterName, clusterUuid = '' } = facts;
  const head = { clusterName, clusterID: clusterUuid, infraID: infraId };
  const tail = { featureSet: '', customFeatureSet: null };
  if (facts.platform === 'aws') return { ...head, aws: awsPart(facts), ...tail };
  return { ...head, ibmcloud: ibmcloudPart(facts), ...tail };
}

/** The file as the installer writes it: one line, its order of keys. */
export function formatMetadata(metadata: InstallMetadata): string {
  return JSON.stringify(metadata);
}

function awsPart(facts: ClusterFacts & { hostedZoneRole?: string }) {
  const { infraId, clusterUuid, region, clusterName, baseDomain, hostedZoneRole } = facts;
  return {
    region,
    identifier: [
      { [ownedTag(infraId)]: 'owned' },
      // An empty value would match the resources of every cluster.
      ...(clusterUuid ? [{ openshiftClusterID: clusterUuid }] : []),
      { [capaTag(infraId)]: 'owned' },
    ],
    // Without a domain the installer leaves shared zones alone; a made-up one could match the records of another cluster.
    clusterDomain: clusterName === '' || baseDomain === '' ? '' : `${clusterName}.${baseDomain}`,
    ...(hostedZoneRole && { hostedZoneRole }),
  };
}

function ibmcloudPart(facts: Extract<MetadataFacts, { platform: 'ibmcloud' }>) {
  return {
    accountID: facts.accountId ?? '',
    baseDomain: facts.baseDomain,
    ...(facts.cisInstanceCrn && { cisInstanceCRN: facts.cisInstanceCrn }),
    ...(facts.dnsInstanceId && { dnsInstanceID: facts.dnsInstanceId }),
    region: facts.region,
    resourceGroupName: facts.resourceGroupName ?? facts.infraId,
  };
}

function ownedTag(infraId: string): string {
  return `kubernetes.io/cluster/${infraId}`;
}

function capaTag(infraId: string): string {
  return `sigs.k8s.io/cluster-api-provider-aws/cluster/${infraId}`;
}
