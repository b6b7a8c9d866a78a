import type { CloudQuery, CloudResource } from '../cloud.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';
import { type AwsTags, infraIdOfAwsTags, isShared, ownerTags, toAwsTags } from './aws-ownership.ts';

const PAGE_SIZE = 100;

/** Resources of a cluster by tag, in its regions and in the global services. The listing lags after creation and deletion. */
export async function taggedResources(aws: AwsApi, query: CloudQuery): Promise<CloudResource[]> {
  const regions = [...new Set([...query.regions, GLOBAL_REGION])];
  const lists = await Promise.all(regions.map((region) => taggedInRegion(aws, query, region)));
  return lists.flat();
}

async function taggedInRegion(aws: AwsApi, query: CloudQuery, region: string): Promise<CloudResource[]> {
  const found = new Map<string, CloudResource>();
  // One after the other, because the API allows only a few calls per second.
  for (const tag of ownerTags(query)) {
    for (const { arn, tags } of await resourcesWithTag(aws, region, tag)) {
      if (!isShared(tags)) found.set(arn, toTaggedResource(aws, query, region, arn, tags));
    }
  }
  return [...found.values()];
}

/** @returns all tag keys of the account that are in use in a region. */
export async function tagKeysIn(aws: AwsApi, region: string): Promise<string[]> {
  const { GetTagKeysCommand } = await import('@aws-sdk/client-resource-groups-tagging-api');
  const client = await aws.clients.tagging(region);
  return allAwsPages(async (pageToken) => {
    const command = new GetTagKeysCommand(pageToken === undefined ? {} : { PaginationToken: pageToken });
    const page = await aws.call(`listing tag keys in ${region}`, (options) => client.send(command, options));
    return { items: page.TagKeys ?? [], next: page.PaginationToken };
  });
}

/** @param value undefined for any */
export async function resourcesWithTag(
  aws: AwsApi,
  region: string,
  { key, value }: { readonly key: string; readonly value?: string },
): Promise<{ readonly arn: string; readonly tags: AwsTags }[]> {
  const { GetResourcesCommand } = await import('@aws-sdk/client-resource-groups-tagging-api');
  const client = await aws.clients.tagging(region);
  return allAwsPages(async (pageToken) => {
    const command = new GetResourcesCommand({
      TagFilters: [{ Key: key, ...(value === undefined ? {} : { Values: [value] }) }],
      ResourcesPerPage: PAGE_SIZE,
      ...(pageToken === undefined ? {} : { PaginationToken: pageToken }),
    });
    const page = await aws.call(`listing resources by tag in ${region}`, (options) =>
      client.send(command, options),
    );
    const items = (page.ResourceTagMappingList ?? []).flatMap(({ ResourceARN: arn, Tags }) =>
      arn === undefined ? [] : [{ arn, tags: toAwsTags(Tags) }],
    );
    return { items, next: page.PaginationToken };
  });
}

export function toTaggedResource(
  aws: AwsApi,
  query: Pick<CloudQuery, 'infraIds'>,
  region: string,
  arn: string,
  tags: AwsTags,
): CloudResource {
  const { service, kind, id, region: ownRegion } = parseArn(arn);
  return {
    id,
    arn,
    type: `${service}:${kind}`,
    region: ownRegion || region,
    name: tags['Name'] ?? id,
    infraId: infraIdOfAwsTags(tags, query),
    tags,
    // Listings by tag have no creation time; now is the safe choice for a scan that deletes only what is old.
    createdAt: aws.now(),
  };
}

interface Arn {
  readonly service: string;
  /** Empty for global services. */
  readonly region: string;
  readonly account: string;
  /** Resource kind within the service (`vpc`, `loadbalancer`, `bucket`). */
  readonly kind: string;
  /** Id within the service: `vpc-1`, `net/demo-ext/0a1b`, the name of a bucket or role. */
  readonly id: string;
}

/** Parses `arn:PARTITION:SERVICE:REGION:ACCOUNT:KIND/ID` and `…:KIND:ID`; for a bucket, the last part is its name. */
export function parseArn(arn: string): Arn {
  const [, , service = '', region = '', account = '', ...rest] = arn.split(':');
  const resource = rest.join(':');
  if (service === 's3') return { service, region, account, kind: 'bucket', id: resource };
  const [, kind, id] = /^([^/:]+)[/:](.+)$/.exec(resource) ?? [];
  return { service, region, account, kind: kind ?? resource, id: id ?? resource };
}
