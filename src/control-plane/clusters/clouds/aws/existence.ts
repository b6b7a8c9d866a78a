import type { CloudQuery, CloudResource } from '../cloud.ts';
import { ownBuckets } from './buckets.ts';
import { hostedZoneName } from './dns-records.ts';
import { EC2_LISTINGS, listEc2 } from './ec2-listings.ts';
import { identityProviders } from './iam-entities.ts';
import type { Look } from './look.ts';

/** @returns those of the resources, all of one type and region, that exist. */
type Check = (look: Look, resources: readonly CloudResource[], query: CloudQuery) => Promise<CloudResource[]>;

/**
 * Listings by tag show things for up to an hour after they are gone (terminated instances, deleted NAT gateways). Each
 * service is asked about its own. What cannot be checked counts as there.
 */
export async function stillThere(
  look: Look,
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
      return check === undefined ? group : check(look, group, query);
    }),
  );
  return checked.flat();
}

const CHECKS: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(Object.keys(EC2_LISTINGS).map((kind) => [`ec2:${kind}`, inEc2(kind)])),
  'elasticloadbalancing:loadbalancer': eachOf(async (look, { arn, id, region }) => {
    // A classic one has neither a kind nor a slash in its id, and belongs to another API.
    if (!id.includes('/')) return classicLoadBalancerExists(look, region, id);
    const { DescribeLoadBalancersCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await look.clients.loadBalancing(region);
    const command = new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] });
    return exists(look, 'describing a load balancer', 'LoadBalancerNotFoundException', (options) =>
      client.send(command, options),
    );
  }),
  'elasticloadbalancing:targetgroup': eachOf(async (look, { arn, region }) => {
    const { DescribeTargetGroupsCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const client = await look.clients.loadBalancing(region);
    const command = new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] });
    return exists(look, 'describing a target group', 'TargetGroupNotFoundException', (options) =>
      client.send(command, options),
    );
  }),
  'iam:role': eachOf(async (look, { id }) => {
    const { GetRoleCommand } = await import('@aws-sdk/client-iam');
    const client = await look.clients.iam();
    const command = new GetRoleCommand({ RoleName: lastPart(id) });
    return exists(look, 'reading a role', 'NoSuchEntityException', (options) =>
      client.send(command, options),
    );
  }),
  'iam:instance-profile': eachOf(async (look, { id }) => {
    const { GetInstanceProfileCommand } = await import('@aws-sdk/client-iam');
    const client = await look.clients.iam();
    const command = new GetInstanceProfileCommand({ InstanceProfileName: lastPart(id) });
    return exists(look, 'reading an instance profile', 'NoSuchEntityException', (options) =>
      client.send(command, options),
    );
  }),
  'iam:oidc-provider': async (look, resources) => {
    const arns = await identityProviders(look);
    return resources.filter(({ arn }) => arns.includes(arn));
  },
  's3:bucket': async (look, resources) => {
    const buckets = await ownBuckets(look);
    return resources.filter(({ id }) => buckets.some(({ name }) => name === id));
  },
  'route53:hostedzone': eachOf(async (look, { id }, { baseDomain }) => {
    const name = await hostedZoneName(look, id);
    // The base domain's zone serves all clusters, whatever somebody wrote on it (G5).
    return name !== undefined && name !== baseDomain;
  }),
};

async function classicLoadBalancerExists(look: Look, region: string, name: string): Promise<boolean> {
  const { DescribeLoadBalancersCommand } = await import('@aws-sdk/client-elastic-load-balancing');
  const client = await look.clients.classicLoadBalancing(region);
  const command = new DescribeLoadBalancersCommand({ LoadBalancerNames: [name] });
  return exists(look, 'describing a classic load balancer', 'AccessPointNotFoundException', (options) =>
    client.send(command, options),
  );
}

function inEc2(kind: string): Check {
  return async (look, resources) => {
    const region = resources[0]?.region ?? '';
    const ids = await listEc2(
      look,
      region,
      kind,
      resources.map(({ id }) => id),
    );
    return resources.filter(({ id }) => ids.has(id));
  };
}

function eachOf(
  isThere: (look: Look, resource: CloudResource, query: CloudQuery) => Promise<boolean>,
): Check {
  return async (look, resources, query) => {
    const there: CloudResource[] = [];
    for (const resource of resources) if (await isThere(look, resource, query)) there.push(resource);
    return there;
  };
}

async function exists(
  look: Look,
  what: string,
  missing: string,
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<unknown>,
): Promise<boolean> {
  try {
    await look.ask(what, send, [missing]);
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === missing) return false;
    throw error;
  }
}

/** IAM names may have a path before them. */
const lastPart = (id: string) => id.slice(id.lastIndexOf('/') + 1);
