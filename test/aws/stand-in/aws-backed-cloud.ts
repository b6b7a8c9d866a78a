import {
  matchesResourceFilter,
  matchesTagQuery,
  type ResourceFilter,
  type ResourceTags,
} from '../../../src/sandbox/cloud/resource-filter.ts';
import {
  injectListingFaults,
  type NewResource,
  type SimulatedCloud,
  type SimulatedResource,
} from '../../../src/sandbox/cloud/simulated-cloud.ts';
import { fatal } from '../../../src/sandbox/failures/command-exit.ts';
import { assetError } from '../../../src/sandbox/failures/failure-exit.ts';
import { type AwsAccount, type AwsEndpoint, GLOBAL_REGION, openAccount } from './account.ts';
import { isNotFoundError, toRejection } from './aws-errors.ts';
import { BUCKET } from './buckets.ts';
import { HOSTED_ZONE, hasPublicZone, RECORD } from './dns.ts';
import { ec2Kind } from './ec2-kind.ts';
import { INSTANCE_PROFILE, ROLE } from './identities.ts';
import { LOAD_BALANCER, TARGET_GROUP } from './load-balancers.ts';
import { INSTANCE, VOLUME } from './machines.ts';
import * as network from './network.ts';
import type { ListedResource, ResourceKind } from './resource-kind.ts';

const KINDS: Readonly<Record<string, ResourceKind>> = {
  'ec2:vpc': ec2Kind('vpc', network.VPC),
  'ec2:internet-gateway': ec2Kind('internet-gateway', network.INTERNET_GATEWAY),
  'ec2:subnet': ec2Kind('subnet', network.SUBNET),
  'ec2:elastic-ip': ec2Kind('elastic-ip', network.ELASTIC_IP),
  'ec2:natgateway': ec2Kind('natgateway', network.NAT_GATEWAY),
  'ec2:route-table': ec2Kind('route-table', network.ROUTE_TABLE),
  'ec2:vpc-endpoint': ec2Kind('vpc-endpoint', network.VPC_ENDPOINT),
  'ec2:security-group': ec2Kind('security-group', network.SECURITY_GROUP),
  'ec2:instance': ec2Kind('instance', INSTANCE),
  'ec2:volume': ec2Kind('volume', VOLUME),
  'elasticloadbalancing:loadbalancer': LOAD_BALANCER,
  'elasticloadbalancing:targetgroup': TARGET_GROUP,
  'iam:role': ROLE,
  'iam:instance-profile': INSTANCE_PROFILE,
  'route53:hostedzone': HOSTED_ZONE,
  'route53:recordset': RECORD,
  's3:bucket': BUCKET,
};
const OWNER_TAG = /^kubernetes\.io\/cluster\/(.+)$/;

export interface AwsBackedCloudOptions extends AwsEndpoint {
  /** Folder of the faults and the running installers. */
  readonly dir: string;
  /** Region of listings that name none, besides us-east-1. */
  readonly region: string;
  /** Who lists, for `listing` faults. */
  readonly caller: string;
}

/**
 * An AWS endpoint such as moto as the cloud of the stand-in installer. Creates the planned resources by real API calls, with the names
 * and tags of the plan. Every listing queries each service; nothing is cached between calls.
 */
export function awsBackedCloud(options: AwsBackedCloudOptions): SimulatedCloud {
  const { dir, caller } = options;
  const account = openAccount(options);
  const list = async (filter: ResourceFilter = {}) => {
    await injectListingFaults(dir, caller);
    const { types = Object.keys(KINDS), regions = [options.region, GLOBAL_REGION] } = filter;
    const listings = types.flatMap((type) =>
      [...new Set(regions)].map((region) => listKind(account, type, region)),
    );
    return (await Promise.all(listings)).flat().filter((resource) => matchesResourceFilter(resource, filter));
  };
  return {
    dir,
    list,
    async findByTags({ tags, regions }) {
      return (await list(regions === undefined ? {} : { regions })).filter(matchesTagQuery(tags));
    },
    async preflight({ platform, baseDomain, isPublic }) {
      if (platform !== 'aws') throw fatal(`the sandbox makes no ${platform} clusters at an AWS endpoint`);
      await account.id().catch((thrown: unknown) => {
        const refusal = toRejection(thrown);
        const message = refusal instanceof Error ? refusal.message : String(refusal);
        const cause = `validate AWS credentials: ${message}`;
        throw fatal(assetError('Cluster', 'Platform Permissions Check', cause));
      });
      if (isPublic && !(await hasPublicZone(account, baseDomain))) {
        const cause = `baseDomain: Invalid value: "${baseDomain}": cannot find base domain`;
        throw fatal(assetError('Cluster', 'Platform Provisioning Check', cause));
      }
    },
    async create(resource) {
      const { details: _, ...planned } = resource;
      const made = await mapRejections(kindByType(resource.type).create(account, resource));
      return { ...planned, ...made, createdAt: new Date().toISOString() };
    },
    async removePlanned({ type, region, name }) {
      const found = (await listKind(account, type, region)).find((resource) => resource.name === name);
      return found !== undefined && (await remove(account, found));
    },
    remove: (resource) => remove(account, resource),
  };
}

async function remove(account: AwsAccount, resource: SimulatedResource): Promise<boolean> {
  try {
    await kindByType(resource.type).remove(account, resource);
    return true;
  } catch (thrown) {
    if (isNotFoundError(thrown)) return false;
    throw toRejection(thrown);
  }
}

async function listKind(account: AwsAccount, type: string, region: string): Promise<SimulatedResource[]> {
  const kind = KINDS[type];
  if (kind === undefined || (kind.isGlobal && region !== GLOBAL_REGION)) return [];
  return (await mapRejections(kind.list(account, region))).map((listed) => toResource(type, region, listed));
}

function toResource(
  type: string,
  region: string,
  { id, arn, name, tags }: ListedResource,
): SimulatedResource {
  return { id, arn, name, type, region, tags, infraId: ownerIn(tags), createdAt: new Date(0).toISOString() };
}

/** @returns the infraID of the owning cluster; empty if the tags name none. */
function ownerIn(tags: ResourceTags): string {
  const owner = Object.entries(tags).find(([key, value]) => value === 'owned' && OWNER_TAG.test(key));
  return OWNER_TAG.exec(owner?.[0] ?? '')?.[1] ?? '';
}

function kindByType(type: NewResource['type']): ResourceKind {
  const kind = KINDS[type];
  if (kind === undefined) throw fatal(`the sandbox cannot make ${type} at an AWS endpoint`);
  return kind;
}

async function mapRejections<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw toRejection(thrown);
  }
}
