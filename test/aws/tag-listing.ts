import * as z from 'zod';
import type { Tags } from './account.ts';
import type { Fault } from './faulty-proxy.ts';

interface TaggedResource {
  readonly arn: string;
  readonly tags?: Tags;
}

const requestSchema = z.object({
  TagFilters: z.array(z.object({ Key: z.string(), Values: z.array(z.string()).default([]) })).default([]),
});

/** `tag:GetResources` that lists these, of which moto knows only some kinds, and filters by tag as AWS does. */
export function tagListing(resources: readonly TaggedResource[], region?: string): Fault {
  return answer(region, (text) => {
    const { TagFilters } = requestSchema.parse(JSON.parse(text.slice(text.indexOf('{'))));
    return resources.filter(({ tags = {} }) =>
      TagFilters.every(({ Key, Values }) => {
        const value = tags[Key];
        return value !== undefined && (Values.length === 0 || Values.includes(value));
      }),
    );
  });
}

/** The same with a late index: it lists these whatever is asked for. */
export function staleTagListing(resources: readonly TaggedResource[], region?: string): Fault {
  return answer(region, () => resources);
}

function answer(region: string | undefined, list: (text: string) => readonly TaggedResource[]): Fault {
  return {
    when: (call) => call.service === 'tagging' && (region === undefined || call.region === region),
    times: 99,
    status: 200,
    body: ({ text }) =>
      JSON.stringify({
        PaginationToken: '',
        ResourceTagMappingList: list(text).map(({ arn, tags = {} }) => ({
          ResourceARN: arn,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        })),
      }),
  };
}
