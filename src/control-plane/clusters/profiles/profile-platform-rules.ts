import type * as z from 'zod';
import { otherPartition } from './aws-partitions.ts';
import type { awsConfigSchema } from './profile-aws.ts';
import type { computeSchema } from './profile-machines.ts';
import { poolFaults } from './profile-pools.ts';
import { withFix } from './profile-problem.ts';

/** What does not fit between fields of a profile. */
interface RuleFault {
  readonly path: readonly (string | number)[];
  /** With its fix. */
  readonly message: string;
}

interface CommonFields {
  readonly regions: { readonly allowlist: readonly string[] };
  readonly compute: z.infer<typeof computeSchema>;
}

interface AwsFields extends CommonFields {
  readonly platformConfig: { readonly aws: z.infer<typeof awsConfigSchema> };
}

interface IbmcloudFields extends CommonFields {
  readonly platformConfig: { readonly ibmcloud: { readonly vpcName?: string | undefined } };
}

/** @returns rules of AWS between the fields of a profile */
export function awsFaults({
  regions: { allowlist: regions },
  compute,
  platformConfig,
}: AwsFields): RuleFault[] {
  const { zones, subnets, kmsKey } = platformConfig.aws;
  const { workers, pools = [] } = compute;
  return [
    ...(subnets === undefined
      ? []
      : oneRegionFaults(regions, 'subnets (platformConfig.aws.subnets) are', 'subnets')),
    ...partitionFaults(regions),
    ...poolFaults(pools, { workerType: workers.instanceType, zones, subnets, regions }),
    ...keyFaults(kmsKey, ['platformConfig', 'aws', 'kmsKey'], regions),
    ...pools.flatMap((pool, index) => keyFaults(pool.kmsKey, ['compute', 'pools', index, 'kmsKey'], regions)),
  ];
}

/** @returns rules of IBM Cloud between the fields of a profile */
export function ibmcloudFaults({ regions, compute, platformConfig }: IbmcloudFields): RuleFault[] {
  const hasNetwork = platformConfig.ibmcloud.vpcName !== undefined;
  return [
    ...(hasNetwork
      ? oneRegionFaults(regions.allowlist, 'VPC (platformConfig.ibmcloud.vpcName) is', 'VPC')
      : []),
    ...awsOnlyFields(compute).map((path) => ({
      path: ['compute', ...path],
      message: withFix('is not supported on IBM Cloud', 'remove it'),
    })),
  ];
}

function oneRegionFaults(regions: readonly string[], what: string, short: string): RuleFault[] {
  if (regions.length === 1) return [];
  const message = withFix(
    `has more than one region, and the ${what} in one`,
    `keep the region of the ${short}`,
  );
  return [{ path: ['regions', 'allowlist'], message }];
}

function partitionFaults(regions: readonly string[]): RuleFault[] {
  return regions.flatMap((region, index) => {
    const partition = otherPartition(region);
    if (partition === undefined) return [];
    const message = withFix(
      `is in the AWS partition ${partition}, which is not supported: the end of a cluster is verified in us-east-1`,
      'use a region of the partition aws',
    );
    return [{ path: ['regions', 'allowlist', index], message }];
  });
}

/** EBS takes only keys of its own region. */
function keyFaults(
  arn: string | undefined,
  path: readonly (string | number)[],
  regions: readonly string[],
): RuleFault[] {
  const region = arn?.split(':')[3];
  if (region === undefined || regions.every((name) => name === region)) return [];
  const message = `is a key of ${region}, and EBS needs one of the region of the cluster`;
  return [{ path, message: withFix(message, `keep only ${region} in regions.allowlist`) }];
}

/** The fields of `compute` that IBM Cloud does not have. */
function awsOnlyFields({ controlPlane, workers, pools }: CommonFields['compute']): string[][] {
  return [
    ...(workers.spot === true ? [['workers', 'spot']] : []),
    ...(workers.rootVolume === undefined ? [] : [['workers', 'rootVolume']]),
    ...(controlPlane.rootVolume === undefined ? [] : [['controlPlane', 'rootVolume']]),
    ...(pools === undefined ? [] : [['pools']]),
  ];
}
