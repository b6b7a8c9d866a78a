import type { CloudQuery, CloudResource } from '../cloud.ts';
import { parseArn } from './arn.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';
import { infraIdOfAwsTags, isShared, ownerTags, type ResourceTags } from './aws-ownership.ts';

const PAGE_SIZE = 100;

/** What the tagging API lists for a cluster in all its regions, and for the global services. It lags behind in both directions. */
export async function taggedResources(aws: AwsApi, query: CloudQuery): Promise<CloudResource[]> {
  const regions = [...new Set([...query.regions, GLOBAL_REGION])];
  const lists = await Promise.all(regions.map((region) => taggedInRegion(aws, query, region)));
  return lists.flat();
}

async function taggedInRegion(aws: AwsApi, query: CloudQuery, region: string): Promise<CloudResource[]> {
  const found = new Map<string, CloudResource>();
  // One after the other: the API allows few calls a second.
  for (const tag of ownerTags(query)) {
    for (const { arn, tags } of await resourcesWithTag(aws, region, tag)) {
      if (!isShared(tags)) found.set(arn, toResource(aws, query, region, arn, tags));
    }
  }
  return [...found.values()];
}

async function resourcesWithTag(aws: AwsApi, region: string, { key, value }: { key: string; value: string }) {
  const { GetResourcesCommand } = await import('@aws-sdk/client-resource-groups-tagging-api');
  const client = await aws.clients.tagging(region);
  return allAwsPages(async (pageToken) => {
    const command = new GetResourcesCommand({
      TagFilters: [{ Key: key, Values: [value] }],
      ResourcesPerPage: PAGE_SIZE,
      ...(pageToken === undefined ? {} : { PaginationToken: pageToken }),
    });
    const page = await aws.call(`listing resources by tag in ${region}`, (options) =>
      client.send(command, options),
    );
    const items = (page.ResourceTagMappingList ?? []).flatMap(({ ResourceARN: arn, Tags = [] }) =>
      arn === undefined
        ? []
        : [{ arn, tags: Object.fromEntries(Tags.map((tag) => [tag.Key ?? '', tag.Value ?? ''])) }],
    );
    return { items, next: page.PaginationToken };
  });
}

function toResource(
  aws: AwsApi,
  query: CloudQuery,
  region: string,
  arn: string,
  tags: ResourceTags,
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
    // Listings by tag do not say; taken as new, so that nobody believes a thing to be old that is not.
    createdAt: aws.now(),
  };
}
