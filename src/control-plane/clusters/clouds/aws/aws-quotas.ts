import { expectedZones } from '../../policy/zones.ts';
import type { MachineDemand, PreflightRequest } from '../cloud.ts';
import { type AwsApi, allAwsPages, callUnlessMissing } from './aws-api.ts';
import { AwsError } from './aws-error.ts';
import { openSpotRequests, standardVcpus, standardVcpusInUse } from './instance-vcpus.ts';

export interface AwsQuotaDemand
  extends Pick<PreflightRequest, 'region' | 'controlPlane' | 'workers' | 'pools' | 'ownSubnets'> {
  /** Zones of the cluster; undefined when they could not be read. */
  readonly zones: number | undefined;
}

/** A quota of the account: its limit, current usage, and what one more create needs. */
export interface AwsQuotaCheck {
  readonly code: string;
  readonly name: string;
  readonly limit: number;
  readonly used: number;
  readonly needed: number;
}

interface AwsQuota {
  readonly code: string;
  readonly service: 'ec2' | 'vpc';
  readonly name: string;
  /** @default every create */
  readonly applies?: (need: Pick<AwsQuotaDemand, 'workers' | 'pools'>) => boolean;
  readonly needed: (aws: AwsApi, need: AwsQuotaDemand) => Promise<number>;
  readonly used: (aws: AwsApi, region: string) => Promise<number>;
}

function computeOf({ workers, pools = [] }: Pick<AwsQuotaDemand, 'workers' | 'pools'>): MachineDemand[] {
  return [workers, ...pools];
}

const AWS_QUOTAS: readonly AwsQuota[] = [
  {
    code: 'L-1216C47A',
    service: 'ec2',
    name: 'vCPUs of running on-demand standard instances',
    needed: (aws, { region, controlPlane, ...need }) =>
      standardVcpus(aws, region, [
        // The bootstrap machine has the control plane's type.
        { instanceType: controlPlane.instanceType, replicas: controlPlane.replicas + 1 },
        ...computeOf(need).filter(({ spot }) => spot !== true),
      ]),
    used: (aws, region) => standardVcpusInUse(aws, region, 'on-demand'),
  },
  {
    code: 'L-34B43A08',
    service: 'ec2',
    name: 'vCPUs of standard Spot instances',
    applies: (need) => computeOf(need).some(({ spot, replicas }) => spot === true && replicas > 0),
    needed: (aws, { region, ...need }) =>
      standardVcpus(
        aws,
        region,
        computeOf(need).filter(({ spot }) => spot === true),
      ),
    // A request counts until it is fulfilled, then its instance (EC2 User Guide, "Spot Instance quotas").
    used: async (aws, region) =>
      (await standardVcpusInUse(aws, region, 'spot')) +
      (await standardVcpus(aws, region, await openSpotRequests(aws, region))),
  },
  {
    code: 'L-0263D0A3',
    service: 'ec2',
    name: 'Elastic IP addresses',
    // The installer creates one NAT gateway with one address per zone.
    needed: async (_, { region, controlPlane, ownSubnets, zones }) =>
      ownSubnets ? 0 : (zones ?? expectedZones(region, controlPlane.replicas)),
    used: async (aws, region) => {
      const { DescribeAddressesCommand } = await import('@aws-sdk/client-ec2');
      const client = await aws.clients.ec2(region);
      const { Addresses = [] } = await aws.call('counting addresses', (options) =>
        client.send(new DescribeAddressesCommand({}), options),
      );
      return Addresses.length;
    },
  },
  {
    code: 'L-F678F1CE',
    service: 'vpc',
    name: 'VPCs',
    needed: async (_, { ownSubnets }) => (ownSubnets ? 0 : 1),
    used: async (aws, region) => {
      const { DescribeVpcsCommand } = await import('@aws-sdk/client-ec2');
      const client = await aws.clients.ec2(region);
      const vpcs = await allAwsPages(async (pageToken) => {
        const command = new DescribeVpcsCommand(pageToken === undefined ? {} : { NextToken: pageToken });
        const { Vpcs = [], NextToken } = await aws.call('counting VPCs', (options) =>
          client.send(command, options),
        );
        return { items: Vpcs, next: NextToken };
      });
      return vpcs.length;
    },
  },
  {
    code: 'L-1B52E74A',
    service: 'vpc',
    name: 'gateway VPC endpoints',
    needed: async (_, { ownSubnets }) => (ownSubnets ? 0 : 1),
    used: async (aws, region) => {
      const { DescribeVpcEndpointsCommand } = await import('@aws-sdk/client-ec2');
      const client = await aws.clients.ec2(region);
      const Filters = [{ Name: 'vpc-endpoint-type', Values: ['Gateway'] }];
      const endpoints = await allAwsPages(async (pageToken) => {
        const command = new DescribeVpcEndpointsCommand({
          Filters,
          ...(pageToken === undefined ? {} : { NextToken: pageToken }),
        });
        const { VpcEndpoints = [], NextToken } = await aws.call('counting VPC endpoints', (options) =>
          client.send(command, options),
        );
        return { items: VpcEndpoints, next: NextToken };
      });
      return endpoints.length;
    },
  },
];

/** The quotas that a create counts for. */
export function awsQuotasOf(need: Pick<AwsQuotaDemand, 'workers' | 'pools'>): AwsQuota[] {
  return AWS_QUOTAS.filter(({ applies }) => applies?.(need) ?? true);
}

/** @throws AwsError if the limit, the usage or the need cannot be read */
export async function checkAwsQuota(
  aws: AwsApi,
  quota: AwsQuota,
  need: AwsQuotaDemand,
): Promise<AwsQuotaCheck> {
  const [limit, used, needed] = await Promise.all([
    limitOf(aws, quota, need.region),
    quota.used(aws, need.region),
    quota.needed(aws, need),
  ]);
  return { code: quota.code, name: quota.name, limit, used, needed };
}

/** The applied quota of the account, or the AWS default if none is applied. */
async function limitOf(aws: AwsApi, { service, code }: AwsQuota, region: string): Promise<number> {
  const { GetServiceQuotaCommand, GetAWSDefaultServiceQuotaCommand } = await import(
    '@aws-sdk/client-service-quotas'
  );
  const client = await aws.clients.quotas(region);
  const which = { ServiceCode: service, QuotaCode: code };
  const applied = await callUnlessMissing(
    aws,
    `reading quota ${code}`,
    ['NoSuchResourceException'],
    (options) => client.send(new GetServiceQuotaCommand(which), options),
  );
  if (applied?.Quota?.Value !== undefined) return applied.Quota.Value;
  const command = new GetAWSDefaultServiceQuotaCommand(which);
  const { Quota } = await aws.call(`reading the default of quota ${code}`, (options) =>
    client.send(command, options),
  );
  if (Quota?.Value === undefined) {
    throw new AwsError('CLOUD_UNAVAILABLE', `quota ${code} has no value`, {
      hint: 'check Service Quotas in the AWS console',
      retryable: true,
    });
  }
  return Quota.Value;
}
