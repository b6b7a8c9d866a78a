import type { _InstanceType, Instance } from '@aws-sdk/client-ec2';
import { type AwsApi, allAwsPages } from './aws-api.ts';

/** Instance families of the standard vCPU quota: A, C, D, H, I, M, R, T, Z, but not `dl`, `hpc`, `inf`, `mac`, `trn` and the like. */
const STANDARD = /^(?:a|c|d|h|i|im|is|m|r|t|z)\d/;

export function isStandardFamily(instanceType: string): boolean {
  return STANDARD.test(instanceType);
}

/** @throws AwsError if AWS does not know a type */
export async function vcpusOf(
  aws: AwsApi,
  region: string,
  instanceTypes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const types = [...new Set(instanceTypes)];
  if (types.length === 0) return new Map();
  const { DescribeInstanceTypesCommand } = await import('@aws-sdk/client-ec2');
  const client = await aws.clients.ec2(region);
  // The SDK's type lists only the types known at its release.
  const command = new DescribeInstanceTypesCommand({ InstanceTypes: types as _InstanceType[] });
  const { InstanceTypes = [] } = await aws.call('describing instance types', (options) =>
    client.send(command, options),
  );
  return new Map(
    InstanceTypes.map(({ InstanceType = '', VCpuInfo }) => [InstanceType, VCpuInfo?.DefaultVCpus ?? 0]),
  );
}

/** vCPUs that currently count against the quota of standard on-demand instances. */
export async function standardVcpusInUse(aws: AwsApi, region: string): Promise<number> {
  const instances = await countedInstances(aws, region);
  const unsaid = instances.filter(({ CpuOptions }) => CpuOptions?.CoreCount === undefined);
  const byType = await vcpusOf(
    aws,
    region,
    unsaid.map(({ InstanceType = '' }) => InstanceType),
  );
  return instances.reduce((sum, { CpuOptions, InstanceType = '' }) => {
    const { CoreCount, ThreadsPerCore = 1 } = CpuOptions ?? {};
    return sum + (CoreCount === undefined ? (byType.get(InstanceType) ?? 0) : CoreCount * ThreadsPerCore);
  }, 0);
}

async function countedInstances(aws: AwsApi, region: string): Promise<Instance[]> {
  const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
  const client = await aws.clients.ec2(region);
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
  const instances = await allAwsPages(async (pageToken) => {
    const command = new DescribeInstancesCommand({
      Filters,
      ...(pageToken === undefined ? {} : { NextToken: pageToken }),
    });
    const { Reservations = [], NextToken } = await aws.call('counting instances', (options) =>
      client.send(command, options),
    );
    return { items: Reservations.flatMap((reservation) => reservation.Instances ?? []), next: NextToken };
  });
  // Spot instances have their own quotas.
  return instances.filter(
    ({ InstanceLifecycle, InstanceType = '' }) =>
      InstanceLifecycle === undefined && isStandardFamily(InstanceType),
  );
}
