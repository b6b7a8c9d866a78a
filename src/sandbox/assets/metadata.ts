import * as z from 'zod';
import { SANDBOX_IBM_ACCOUNT } from '../resources/plan-ibmcloud.ts';
import { clusterDomain, type SandboxCluster } from './sandbox-cluster.ts';

const metadataSchema = z.looseObject({
  clusterName: z.string().default(''),
  infraID: z.string().default(''),
  aws: z
    .looseObject({
      region: z.string(),
      identifier: z.array(z.record(z.string(), z.string())).default([]),
      clusterDomain: z.string().default(''),
    })
    .nullish(),
  ibmcloud: z
    .looseObject({
      baseDomain: z.string().default(''),
      region: z.string().default(''),
      resourceGroupName: z.string().default(''),
      subnets: z.array(z.string()).default([]),
      vpc: z.string().default(''),
    })
    .nullish(),
});
export type InstallerMetadata = z.infer<typeof metadataSchema>;

/** The text of metadata.json: one line, keys in the order of the real installer. */
export function renderInstallerMetadata(cluster: SandboxCluster): string {
  const { clusterName, clusterID, infraID } = cluster;
  const platform =
    cluster.platform === 'aws' ? { aws: awsMetadata(cluster) } : { ibmcloud: ibmCloudMetadata(cluster) };
  return JSON.stringify({
    clusterName,
    clusterID,
    infraID,
    ...platform,
    featureSet: '',
    customFeatureSet: null,
  });
}

/** What a destroy reads; every key but the platform is optional. @throws ZodError or SyntaxError */
export function parseInstallerMetadata(text: string): InstallerMetadata {
  return metadataSchema.parse(JSON.parse(text));
}

function awsMetadata(cluster: SandboxCluster) {
  const { infraID, clusterID } = cluster;
  return {
    region: cluster.region,
    identifier: [
      { [`kubernetes.io/cluster/${infraID}`]: 'owned' },
      { openshiftClusterID: clusterID },
      { [`sigs.k8s.io/cluster-api-provider-aws/cluster/${infraID}`]: 'owned' },
    ],
    clusterDomain: clusterDomain(cluster),
    ...(cluster.hostedZoneRole === undefined ? {} : { hostedZoneRole: cluster.hostedZoneRole }),
  };
}

function ibmCloudMetadata(cluster: SandboxCluster) {
  return {
    accountID: SANDBOX_IBM_ACCOUNT,
    baseDomain: cluster.baseDomain,
    cisInstanceCRN: `crn:v1:bluemix:public:internet-svcs:global:a/${SANDBOX_IBM_ACCOUNT}:4f0c1c5e-5a0e-4e0f-9d0a-1b2c3d4e5f60::`,
    region: cluster.region,
    resourceGroupName: cluster.resourceGroupName ?? cluster.infraID,
    ...(cluster.network === undefined
      ? {}
      : { subnets: cluster.network.subnets, vpc: cluster.network.vpcName }),
  };
}
