import type { EC2 } from '@aws-sdk/client-ec2';
import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAM } from '@aws-sdk/client-iam';
import type { Route53 } from '@aws-sdk/client-route-53';
import type { S3 } from '@aws-sdk/client-s3';
import type { STS } from '@aws-sdk/client-sts';

/** Region of IAM and Route 53. */
export const GLOBAL_REGION = 'us-east-1';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AwsEndpoint {
  /** URL for all services; never AWS itself (checked in openshift-install.ts). */
  readonly endpoint: string;
  /** Undefined: those of the SDK's own sources. */
  readonly credentials: AwsCredentials | undefined;
}

/** The services of an account, each loaded at its first use. */
export interface AwsAccount {
  /** Account id of the credentials. */
  id(): Promise<string>;
  ec2(region: string): Promise<EC2>;
  loadBalancing(region: string): Promise<ElasticLoadBalancingV2>;
  iam(): Promise<IAM>;
  route53(): Promise<Route53>;
  s3(region: string): Promise<S3>;
  /** Ids of resources that this process created or found, by region and name: a plan has names only. */
  readonly ids: Map<string, string>;
}

export function openAccount({ endpoint, credentials }: AwsEndpoint): AwsAccount {
  const inRegion = <T>(make: (config: ReturnType<typeof configOf>) => Promise<T>) => {
    const made = new Map<string, Promise<T>>();
    return (region: string): Promise<T> => {
      const service = made.get(region) ?? make(configOf(region));
      made.set(region, service);
      return service;
    };
  };
  const configOf = (region: string) => ({
    endpoint,
    region,
    ...(credentials === undefined ? {} : { credentials }),
  });
  const sts = inRegion<STS>(async (config) => new (await import('@aws-sdk/client-sts')).STS(config));
  const iam = inRegion<IAM>(async (config) => new (await import('@aws-sdk/client-iam')).IAM(config));
  const route53 = inRegion<Route53>(
    async (config) => new (await import('@aws-sdk/client-route-53')).Route53(config),
  );
  let id: Promise<string> | undefined;
  return {
    ids: new Map(),
    id() {
      id ??= sts(GLOBAL_REGION)
        .then((service) => service.getCallerIdentity({}))
        .then(({ Account = '' }) => Account);
      return id;
    },
    ec2: inRegion(async (config) => new (await import('@aws-sdk/client-ec2')).EC2(config)),
    loadBalancing: inRegion(async (config) => {
      const { ElasticLoadBalancingV2 } = await import('@aws-sdk/client-elastic-load-balancing-v2');
      return new ElasticLoadBalancingV2(config);
    }),
    iam: () => iam(GLOBAL_REGION),
    route53: () => route53(GLOBAL_REGION),
    s3: inRegion(
      async (config) => new (await import('@aws-sdk/client-s3')).S3({ ...config, forcePathStyle: true }),
    ),
  };
}
