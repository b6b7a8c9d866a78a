import type { CloudQuery, CloudResource } from '../cloud.ts';
import { type AwsApi, callUnlessMissing } from './aws-api.ts';
import { accountBuckets } from './buckets.ts';
import { EC2_LISTINGS, existingEc2Ids } from './ec2-listings.ts';
import { hostedZoneName } from './hosted-zones.ts';
import { accountOidcProviders } from './iam-entities.ts';

/** @returns those of the given resources, all of one type and region, that exist. */
type ExistenceCheck = (
  aws: AwsApi,
  resources: readonly CloudResource[],
  query: CloudQuery,
) => Promise<CloudResource[]>;

const CANNOT_BE_ASKED =
  'listed by tag; ocpctl has no check whether it still exists, and the listing shows deleted resources for a while';

/**
 * Removes what no longer exists: listings by tag show resources for up to an hour after their deletion, and longer for some, so
 * each service is asked for its own. Types without a check here are kept, with a note.
 */
export async function filterExisting(
  aws: AwsApi,
  resources: readonly CloudResource[],
  query: CloudQuery,
): Promise<CloudResource[]> {
  const groups = new Map<string, CloudResource[]>();
  for (const resource of resources) {
    const key = `${resource.type} ${resource.region}`;
    groups.set(key, [...(groups.get(key) ?? []), resource]);
  }
  const checked = await Promise.all(
    [...groups.values()].map(async (group) => {
      const check = CHECKS[group[0]?.type ?? ''];
      return check === undefined
        ? group.map((resource) => ({ ...resource, note: CANNOT_BE_ASKED }))
        : check(aws, group, query);
    }),
  );
  return checked.flat();
}

const CHECKS: Readonly<Record<string, ExistenceCheck>> = {
  ...Object.fromEntries(Object.keys(EC2_LISTINGS).map((kind) => [`ec2:${kind}`, checkEc2(kind)])),
  'elasticloadbalancing:loadbalancer': checkEach(async (aws, { arn, id, region }) => {
    // The id of a classic load balancer has no slash; it belongs to the older API.
    if (!id.includes('/')) return classicLoadBalancerExists(aws, region, id);
    const { DescribeLoadBalancersCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await aws.clients.loadBalancing(region);
    const command = new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] });
    return exists(aws, 'describing a load balancer', ['LoadBalancerNotFoundException'], (options) =>
      client.send(command, options),
    );
  }),
  'elasticloadbalancing:targetgroup': checkEach(async (aws, { arn, region }) => {
    const { DescribeTargetGroupsCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await aws.clients.loadBalancing(region);
    const command = new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] });
    return exists(aws, 'describing a target group', ['TargetGroupNotFoundException'], (options) =>
      client.send(command, options),
    );
  }),
  'elasticloadbalancing:listener': checkEach(async (aws, { arn, region }) => {
    const { DescribeListenersCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await aws.clients.loadBalancing(region);
    const command = new DescribeListenersCommand({ ListenerArns: [arn] });
    // A listener goes with its load balancer.
    return exists(
      aws,
      'describing a listener',
      ['ListenerNotFoundException', 'LoadBalancerNotFoundException'],
      (options) => client.send(command, options),
    );
  }),
  'elasticloadbalancing:listener-rule': checkEach(async (aws, { arn, region }) => {
    const { DescribeRulesCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await aws.clients.loadBalancing(region);
    const command = new DescribeRulesCommand({ RuleArns: [arn] });
    return exists(
      aws,
      'describing a listener rule',
      ['RuleNotFoundException', 'ListenerNotFoundException'],
      (options) => client.send(command, options),
    );
  }),
  'ec2:launch-template': checkEach(async (aws, { id, region }) => {
    const ec2 = await aws.clients.ec2(region);
    const found = await callUnlessMissing(
      aws,
      'describing a launch template',
      ['InvalidLaunchTemplateId.NotFound', 'InvalidLaunchTemplateId.NotFoundException'],
      (options) => ec2.describeLaunchTemplates({ LaunchTemplateIds: [id] }, options),
    );
    return (found?.LaunchTemplates ?? []).length > 0;
  }),
  'elasticfilesystem:file-system': checkEach(async (aws, { id, region }) => {
    const { DescribeFileSystemsCommand } = await import('@aws-sdk/client-efs');
    const client = await aws.clients.fileSystems(region);
    const command = new DescribeFileSystemsCommand({ FileSystemId: id });
    return exists(aws, 'describing a file system', ['FileSystemNotFound'], (options) =>
      client.send(command, options),
    );
  }),
  'iam:policy': checkEach(async (aws, { arn }) => {
    const { GetPolicyCommand } = await import('@aws-sdk/client-iam');
    const client = await aws.clients.iam();
    const command = new GetPolicyCommand({ PolicyArn: arn });
    return exists(aws, 'reading a policy', ['NoSuchEntityException'], (options) =>
      client.send(command, options),
    );
  }),
  'iam:role': checkEach(async (aws, { id }) => {
    const { GetRoleCommand } = await import('@aws-sdk/client-iam');
    const client = await aws.clients.iam();
    const command = new GetRoleCommand({ RoleName: lastPart(id) });
    return exists(aws, 'reading a role', ['NoSuchEntityException'], (options) =>
      client.send(command, options),
    );
  }),
  'iam:instance-profile': checkEach(async (aws, { id }) => {
    const { GetInstanceProfileCommand } = await import('@aws-sdk/client-iam');
    const client = await aws.clients.iam();
    const command = new GetInstanceProfileCommand({ InstanceProfileName: lastPart(id) });
    return exists(aws, 'reading an instance profile', ['NoSuchEntityException'], (options) =>
      client.send(command, options),
    );
  }),
  'iam:oidc-provider': async (aws, resources) => {
    const arns = await accountOidcProviders(aws);
    return resources.filter(({ arn }) => arns.includes(arn));
  },
  's3:bucket': async (aws, resources) => {
    const buckets = await accountBuckets(aws);
    return resources.filter(({ id }) => buckets.some(({ name }) => name === id));
  },
  'route53:hostedzone': checkEach(async (aws, { id }, { baseDomain }) => {
    const name = await hostedZoneName(aws, id);
    // The zone of the base domain is shared by all clusters, whatever its tags say (G5).
    return name !== undefined && name !== baseDomain;
  }),
};

async function classicLoadBalancerExists(aws: AwsApi, region: string, name: string): Promise<boolean> {
  const { DescribeLoadBalancersCommand } = await import('@aws-sdk/client-elastic-load-balancing');
  const client = await aws.clients.classicLoadBalancing(region);
  const command = new DescribeLoadBalancersCommand({ LoadBalancerNames: [name] });
  return exists(aws, 'describing a classic load balancer', ['AccessPointNotFoundException'], (options) =>
    client.send(command, options),
  );
}

function checkEc2(kind: string): ExistenceCheck {
  return async (aws, resources) => {
    const region = resources[0]?.region ?? '';
    const ids = await existingEc2Ids(
      aws,
      region,
      kind,
      resources.map(({ id }) => id),
    );
    return resources.filter(({ id }) => ids.has(id));
  };
}

function checkEach(
  isThere: (aws: AwsApi, resource: CloudResource, query: CloudQuery) => Promise<boolean>,
): ExistenceCheck {
  return async (aws, resources, query) => {
    const there: CloudResource[] = [];
    for (const resource of resources) if (await isThere(aws, resource, query)) there.push(resource);
    return there;
  };
}

/** @param send fails with an error of `missing` if the resource does not exist */
async function exists(
  aws: AwsApi,
  what: string,
  missing: readonly string[],
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>,
): Promise<boolean> {
  return (await callUnlessMissing(aws, what, missing, send)) !== undefined;
}

/** IAM names may be preceded by a path. */
const lastPart = (id: string) => id.slice(id.lastIndexOf('/') + 1);
