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
      /** Default: the infraID, as the installer names the group that it makes. */
      readonly resourceGroupName?: string;
    });

/** Builds the `metadata.json` that `destroy cluster` needs, from what the database knows; see `lossesOf` for what it cannot reach. */
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

/**
 * Names what a destroy with this file would leave behind, for hand-made files and real ones alike:
 * the installer's own lookups swallow errors and can leave IBM Cloud ids blank.
 */
export function lossesOf(metadata: InstallMetadata): string[] {
  if ('aws' in metadata) return awsLosses(metadata);
  const { accountID, baseDomain, cisInstanceCRN, dnsInstanceID, resourceGroupName } = metadata.ibmcloud;
  const losses: string[] = [];
  if (!accountID) losses.push('IAM authorizations (accountID is blank)');
  if (!baseDomain || !metadata.clusterName || !(cisInstanceCRN || dnsInstanceID)) {
    losses.push('DNS records (baseDomain, clusterName or the DNS instance is blank)');
  }
  if (!resourceGroupName) losses.push('everything (resourceGroupName is blank)');
  return losses;
}

function awsPart(facts: ClusterFacts & { hostedZoneRole?: string }) {
  const { infraId, clusterUuid, region, clusterName, baseDomain, hostedZoneRole } = facts;
  return {
    region,
    identifier: [
      { [ownedTag(infraId)]: 'owned' },
      // An empty value would match every cluster's resources: no UUID, no such map.
      ...(clusterUuid ? [{ openshiftClusterID: clusterUuid }] : []),
      { [capaTag(infraId)]: 'owned' },
    ],
    clusterDomain: `${clusterName}.${baseDomain}`,
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

function awsLosses(metadata: Extract<InstallMetadata, { aws: unknown }>): string[] {
  const { infraID, aws } = metadata;
  const has = (tag: string) => aws.identifier.some((tags) => tags[tag] === 'owned');
  const losses: string[] = [];
  if (!has(ownedTag(infraID)))
    losses.push('resources tagged by the installer (identifier lacks the infraID)');
  if (!has(capaTag(infraID))) losses.push('resources made by Cluster API (identifier lacks its tag)');
  if (!aws.clusterDomain) losses.push('records in a shared hosted zone (clusterDomain is blank)');
  return losses;
}

function ownedTag(infraId: string): string {
  return `kubernetes.io/cluster/${infraId}`;
}

function capaTag(infraId: string): string {
  return `sigs.k8s.io/cluster-api-provider-aws/cluster/${infraId}`;
}
