import type { _InstanceType, Instance } from '@aws-sdk/client-ec2';
import type { MachineDemand } from '../cloud.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';

/** Instance families of the standard vCPU quota: A, C, D, H, I, M, R, T, Z, but not `dl`, `hpc`, `inf`, `mac`, `trn` and the like. */
const STANDARD = /^(?:a|c|d|h|i|im|is|m|r|t|z)\d/;

export function isStandardFamily(instanceType: string): boolean {
  return STANDARD.test(instanceType);
}

/** @throws AwsError if AWS does not know a type */
async function vcpusOf(
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

/** vCPUs of machines that count against a quota of standard instances. */
export async function standardVcpus(
  aws: AwsApi,
  region: string,
  machines: readonly MachineDemand[],
): Promise<number> {
  const counted = machines.filter(
    ({ instanceType, replicas }) => replicas > 0 && isStandardFamily(instanceType),
  );
  const vcpus = await vcpusOf(
    aws,
    region,
    counted.map(({ instanceType }) => instanceType),
  );
  return counted.reduce(
    (sum, { instanceType, replicas }) => sum + replicas * (vcpus.get(instanceType) ?? 0),
    0,
  );
}

/** Spot instances have a quota of their own. */
export type PurchaseOption = 'on-demand' | 'spot';

/** vCPUs of running instances that currently count against the quota of standard instances. */
export async function standardVcpusInUse(
  aws: AwsApi,
  region: string,
  option: PurchaseOption,
): Promise<number> {
  const instances = await countedInstances(aws, region, option);
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

async function countedInstances(aws: AwsApi, region: string, option: PurchaseOption): Promise<Instance[]> {
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
  return instances.filter(
    ({ InstanceLifecycle, InstanceType = '' }) =>
      // AWS names no lifecycle for on-demand instances; reservations of capacity have another.
      InstanceLifecycle === (option === 'spot' ? 'spot' : undefined) && isStandardFamily(InstanceType),
  );
}

/** Spot requests that are not fulfilled yet. */
export async function openSpotRequests(aws: AwsApi, region: string): Promise<MachineDemand[]> {
  const ec2 = await aws.clients.ec2(region);
  const Filters = [{ Name: 'state', Values: ['open'] }];
  return allAwsPages(async (NextToken) => {
    const { SpotInstanceRequests = [], NextToken: next } = await aws.call(
      'counting Spot requests',
      (options) => ec2.describeSpotInstanceRequests({ Filters, ...(NextToken && { NextToken }) }, options),
    );
    const items = SpotInstanceRequests.map(({ LaunchSpecification }) => ({
      instanceType: LaunchSpecification?.InstanceType ?? '',
      replicas: 1,
    }));
    return { items, next };
  });
}
