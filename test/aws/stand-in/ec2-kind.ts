import type { EC2, Filter, ResourceType, TagSpecification } from '@aws-sdk/client-ec2';
import type { ResourceTags } from '../../../src/sandbox/cloud/resource-filter.ts';
import type { NewResource } from '../../../src/sandbox/cloud/simulated-cloud.ts';
import type { AwsAccount } from './account.ts';
import { type AwsTag, allPages, fromAws, type ResourceKind, requireValue, toAws } from './resource-kind.ts';

interface DescribedResource {
  readonly id: string | undefined;
  readonly tags: readonly AwsTag[] | undefined;
}
interface Input {
  readonly Filters: Filter[];
  readonly NextToken?: string;
}

/** A resource type of EC2. */
export interface Ec2Kind {
  describe(ec2: EC2, input: Input): Promise<{ items: DescribedResource[]; next?: string | undefined }>;
  create(ec2: EC2, resource: NewResource, find: Finder): Promise<string | undefined>;
  remove(ec2: EC2, id: string): Promise<unknown>;
}

export type Finder = (kind: Ec2Kind, name: string) => Promise<string>;

/** `TagSpecifications` for a create call; EC2 rejects empty ones. */
export function tagged(type: ResourceType, tags: ResourceTags): { TagSpecifications?: TagSpecification[] } {
  return Object.keys(tags).length === 0
    ? {}
    : { TagSpecifications: [{ ResourceType: type, Tags: toAws(tags) }] };
}

/** `name`: as in an ARN. */
export function ec2Kind(name: string, kind: Ec2Kind): ResourceKind {
  const arnOf = async (account: AwsAccount, region: string, id: string) =>
    `arn:aws:ec2:${region}:${await account.id()}:${name}/${id}`;
  return {
    isGlobal: false,
    async list(account, region) {
      const seen = await describeAll(kind, await account.ec2(region), []);
      return Promise.all(
        seen.map(async ({ id, tags }) => ({
          id,
          arn: await arnOf(account, region, id),
          name: tags['Name'] ?? id,
          tags,
        })),
      );
    },
    async create(account, resource) {
      const { region, name } = resource;
      const find: Finder = (other, wanted) => ec2Id(account, region, other, wanted);
      const id = requireValue(await kind.create(await account.ec2(region), resource, find), name);
      account.ids.set(`${region} ${name}`, id);
      return { id, arn: await arnOf(account, region, id) };
    },
    async remove(account, { id, region }) {
      await kind.remove(await account.ec2(region), id);
    },
  };
}

/** @returns the id of the resource with this name. @throws if it does not exist */
export async function ec2Id(
  account: AwsAccount,
  region: string,
  kind: Ec2Kind,
  name: string,
): Promise<string> {
  const key = `${region} ${name}`;
  const remembered = account.ids.get(key);
  if (remembered !== undefined) return remembered;
  const seen = await describeAll(kind, await account.ec2(region), [{ Name: 'tag:Name', Values: [name] }]);
  const { id } = requireValue(
    seen.find(({ tags }) => tags['Name'] === name),
    name,
  );
  account.ids.set(key, id);
  return id;
}

async function describeAll(
  kind: Ec2Kind,
  ec2: EC2,
  Filters: Filter[],
): Promise<{ id: string; tags: ResourceTags }[]> {
  const seen = await allPages((mark) =>
    kind.describe(ec2, { Filters, ...(mark === undefined ? {} : { NextToken: mark }) }),
  );
  return seen.flatMap(({ id, tags }) => (id === undefined ? [] : [{ id, tags: fromAws(tags ?? []) }]));
}
