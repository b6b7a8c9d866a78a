import type { EC2 } from '@aws-sdk/client-ec2';
import type { EFSClient } from '@aws-sdk/client-efs';
import type { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { Route53Client } from '@aws-sdk/client-route-53';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { STSClient, STSClientConfig } from '@aws-sdk/client-sts';

export type CredentialsProvider = NonNullable<STSClientConfig['credentials']>;

export interface AwsConnection {
  /** URL of an AWS-compatible service to use for all of AWS. */
  readonly endpoint?: string | undefined;
  /** @default the SDK's own chain: environment, shared files, instance role */
  readonly credentials?: CredentialsProvider;
}

/** The region of the global services: IAM and Route 53, and the tags of their resources. */
export const GLOBAL_REGION = 'us-east-1';

/** One client per service and region. Client and package are loaded when first used. */
export interface AwsClients {
  sts(region: string): Promise<STSClient>;
  tagging(region: string): Promise<ResourceGroupsTaggingAPIClient>;
  ec2(region: string): Promise<EC2>;
  loadBalancing(region: string): Promise<ElasticLoadBalancingV2Client>;
  /** Classic load balancers, which the ingress controller still creates. */
  classicLoadBalancing(region: string): Promise<ElasticLoadBalancingClient>;
  fileSystems(region: string): Promise<EFSClient>;
  quotas(region: string): Promise<ServiceQuotasClient>;
  iam(): Promise<IAMClient>;
  route53(): Promise<Route53Client>;
  s3(): Promise<S3Client>;
  /** The same services for other credentials. */
  withCredentials(credentials: CredentialsProvider): AwsClients;
}

export function awsClients({ endpoint, credentials }: AwsConnection): AwsClients {
  const configOf = (region: string) => ({
    region,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  const each = <T>(make: (config: ReturnType<typeof configOf>) => Promise<T>) => {
    const made = new Map<string, Promise<T>>();
    return (region: string): Promise<T> => {
      const client = made.get(region) ?? make(configOf(region));
      made.set(region, client);
      return client;
    };
  };
  const iam = each(async (config) => new (await import('@aws-sdk/client-iam')).IAMClient(config));
  const route53 = each(
    async (config) => new (await import('@aws-sdk/client-route-53')).Route53Client(config),
  );
  const s3 = each(async (config) => {
    const { S3Client } = await import('@aws-sdk/client-s3');
    return new S3Client({
      ...config,
      forcePathStyle: endpoint !== undefined,
      // The tags of a bucket are in its own region.
      followRegionRedirects: true,
    });
  });
  return {
    sts: each(async (config) => new (await import('@aws-sdk/client-sts')).STSClient(config)),
    tagging: each(async (config) => {
      const sdk = await import('@aws-sdk/client-resource-groups-tagging-api');
      return new sdk.ResourceGroupsTaggingAPIClient(config);
    }),
    ec2: each(async (config) => new (await import('@aws-sdk/client-ec2')).EC2(config)),
    loadBalancing: each(async (config) => {
      const sdk = await import('@aws-sdk/client-elastic-load-balancing-v2');
      return new sdk.ElasticLoadBalancingV2Client(config);
    }),
    classicLoadBalancing: each(async (config) => {
      const sdk = await import('@aws-sdk/client-elastic-load-balancing');
      return new sdk.ElasticLoadBalancingClient(config);
    }),
    fileSystems: each(async (config) => new (await import('@aws-sdk/client-efs')).EFSClient(config)),
    quotas: each(
      async (config) => new (await import('@aws-sdk/client-service-quotas')).ServiceQuotasClient(config),
    ),
    iam: () => iam(GLOBAL_REGION),
    route53: () => route53(GLOBAL_REGION),
    s3: () => s3(GLOBAL_REGION),
    withCredentials: (others) => awsClients({ endpoint, credentials: others }),
  };
}
