import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { NewResource } from '../../../src/sandbox/cloud/simulated-cloud.ts';
import { deterministicHex } from '../../../src/sandbox/resources/resource-plan.ts';
import type { AwsAccount } from './account.ts';
import { ec2Id } from './ec2-kind.ts';
import { networkOf, VPC } from './network.ts';
import {
  allPages,
  fromAws,
  type ListedResource,
  type ResourceKind,
  requireDetail,
  requireValue,
  toAws,
} from './resource-kind.ts';

const TAGS_PER_CALL = 20;

export const LOAD_BALANCER: ResourceKind = {
  isGlobal: false,
  async list(account, region) {
    const elb = await account.loadBalancing(region);
    const found = await allPages(async (Marker) => {
      const { LoadBalancers, NextMarker } = await elb.describeLoadBalancers({ Marker });
      return { items: LoadBalancers, next: NextMarker };
    });
    return withTags(
      elb,
      found.map(({ LoadBalancerArn }) => LoadBalancerArn),
    );
  },
  async create(account, resource) {
    const { region, name, tags } = resource;
    const elb = await account.loadBalancing(region);
    const { LoadBalancers } = await elb.createLoadBalancer({
      Name: name,
      Type: 'network',
      Scheme: requireDetail(resource, 'scheme') === 'internal' ? 'internal' : 'internet-facing',
      Subnets: await subnetsFor(account, resource),
      Tags: toAws(tags),
    });
    return made(LoadBalancers?.[0]?.LoadBalancerArn, name);
  },
  async remove(account, { arn, region }) {
    await (await account.loadBalancing(region)).deleteLoadBalancer({ LoadBalancerArn: arn });
  },
};

export const TARGET_GROUP: ResourceKind = {
  isGlobal: false,
  async list(account, region) {
    const elb = await account.loadBalancing(region);
    const found = await allPages(async (Marker) => {
      const { TargetGroups, NextMarker } = await elb.describeTargetGroups({ Marker });
      return { items: TargetGroups, next: NextMarker };
    });
    return withTags(
      elb,
      found.map(({ TargetGroupArn }) => TargetGroupArn),
    );
  },
  async create(account, resource) {
    const { region, name, infraId, tags } = resource;
    const elb = await account.loadBalancing(region);
    const { TargetGroups } = await elb.createTargetGroup({
      // At most 32 characters, which an infraID with a suffix may exceed.
      Name: `apiserver-target-${deterministicHex(name, 15)}`,
      Protocol: 'TCP',
      Port: Number(requireDetail(resource, 'port')),
      TargetType: 'ip',
      VpcId: await ec2Id(account, region, VPC, networkOf(infraId)),
      Tags: toAws(tags),
    });
    return made(TargetGroups?.[0]?.TargetGroupArn, name);
  },
  async remove(account, { arn, region }) {
    await (await account.loadBalancing(region)).deleteTargetGroup({ TargetGroupArn: arn });
  },
};

/** Alias target for DNS records of this load balancer. */
export async function aliasOf(account: AwsAccount, region: string, name: string) {
  const elb = await account.loadBalancing(region);
  const { LoadBalancers = [] } = await elb.describeLoadBalancers({ Names: [name] });
  const { DNSName, CanonicalHostedZoneId } = requireValue(LoadBalancers[0], name);
  return { DNSName, HostedZoneId: CanonicalHostedZoneId ?? 'Z00000000000000', EvaluateTargetHealth: false };
}

function made(arn: string | undefined, name: string): Pick<ListedResource, 'id' | 'arn'> {
  const requiredArn = requireValue(arn, name);
  return { id: idOf(requiredArn), arn: requiredArn };
}

/** The part of an ARN after the type: `net/demo-ext/50dc6c495c0c9188`. */
function idOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}

async function withTags(
  elb: ElasticLoadBalancingV2,
  arns: readonly (string | undefined)[],
): Promise<ListedResource[]> {
  const named = arns.filter((arn) => arn !== undefined);
  const listed: ListedResource[] = [];
  for (let from = 0; from < named.length; from += TAGS_PER_CALL) {
    const { TagDescriptions = [] } = await elb.describeTags({
      ResourceArns: named.slice(from, from + TAGS_PER_CALL),
    });
    for (const { ResourceArn: arn = '', Tags } of TagDescriptions) {
      const tags = fromAws(Tags);
      listed.push({ id: idOf(arn), arn, name: tags['Name'] ?? idOf(arn), tags });
    }
  }
  return listed;
}

async function subnetsFor(account: AwsAccount, resource: NewResource): Promise<string[]> {
  const ec2 = await account.ec2(resource.region);
  const Values = [`${resource.infraId}-subnet-${requireDetail(resource, 'subnets')}-*`];
  const { Subnets = [] } = await ec2.describeSubnets({ Filters: [{ Name: 'tag:Name', Values }] });
  return Subnets.flatMap(({ SubnetId }) => (SubnetId === undefined ? [] : [SubnetId]));
}
