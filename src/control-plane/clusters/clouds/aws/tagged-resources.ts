import type { CloudQuery, CloudResource } from '../cloud.ts';
import { parseArn } from './arn.ts';
import { GLOBAL_REGION } from './clients.ts';
import { allPages, type Look } from './look.ts';
import { infraIdIn, isShared, ownerTags, type Tags } from './ownership.ts';

const PAGE_SIZE = 100;

/** What the tagging API lists for a cluster in all its regions, and for the global services. It lags behind in both directions. */
export async function taggedResources(look: Look, query: CloudQuery): Promise<CloudResource[]> {
  const regions = [...new Set([...query.regions, GLOBAL_REGION])];
  const lists = await Promise.all(regions.map((region) => inRegion(look, query, region)));
  return lists.flat();
}

async function inRegion(look: Look, query: CloudQuery, region: string): Promise<CloudResource[]> {
  const found = new Map<string, CloudResource>();
  // One after the other: the API allows few calls a second.
  for (const tag of ownerTags(query)) {
    for (const { arn, tags } of await withTag(look, region, tag)) {
      if (!isShared(tags)) found.set(arn, toResource(look, query, region, arn, tags));
    }
  }
  return [...found.values()];
}

async function withTag(look: Look, region: string, { key, value }: { key: string; value: string }) {
  const { GetResourcesCommand } = await import('@aws-sdk/client-resource-groups-tagging-api');
  const client = await look.clients.tagging(region);
  return allPages(async (mark) => {
    const command = new GetResourcesCommand({
      TagFilters: [{ Key: key, Values: [value] }],
      ResourcesPerPage: PAGE_SIZE,
      ...(mark === undefined ? {} : { PaginationToken: mark }),
    });
    const page = await look.ask(`listing resources by tag in ${region}`, (options) =>
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

function toResource(look: Look, query: CloudQuery, region: string, arn: string, tags: Tags): CloudResource {
  const { service, kind, id, region: ownRegion } = parseArn(arn);
  return {
    id,
    arn,
    type: `${service}:${kind}`,
    region: ownRegion || region,
    name: tags['Name'] ?? id,
    infraId: infraIdIn(tags, query),
    tags,
    // Listings by tag do not say; taken as new, so that nobody believes a thing to be old that is not.
    createdAt: look.now(),
  };
}
