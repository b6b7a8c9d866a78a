import type { ResourceTags } from '../../../src/sandbox/cloud/resource-filter.ts';
import type { NewResource, SimulatedResource } from '../../../src/sandbox/cloud/simulated-cloud.ts';
import type { AwsAccount } from './account.ts';

/** A resource in a listing of its service. */
export interface ListedResource {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly tags: ResourceTags;
}

/** A resource type: how its service lists, creates and deletes it. */
export interface ResourceKind {
  /** Global services are queried in us-east-1 only. */
  readonly isGlobal: boolean;
  /** All resources of an account in a region, without terminated and deleted ones. */
  list(account: AwsAccount, region: string): Promise<ListedResource[]>;
  /** @returns id and ARN assigned by the service */
  create(account: AwsAccount, resource: NewResource): Promise<Pick<ListedResource, 'id' | 'arn'>>;
  remove(account: AwsAccount, resource: Pick<SimulatedResource, 'id' | 'arn' | 'region'>): Promise<void>;
}

export interface AwsTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

export function fromAws(tags: readonly AwsTag[] = []): ResourceTags {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

export function toAws(tags: ResourceTags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** @throws if the plan lacks this detail of a resource */
export function requireDetail({ name, details }: NewResource, key: string): string {
  return requireValue(details?.[key], `${key} of ${name}`);
}

/** @throws if a response or a plan lacks a required value */
export function requireValue<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`missing ${what}`);
  return value;
}

/** Fetches all pages. `fetchPage` gets the token of the previous page. */
export async function allPages<T>(
  fetchPage: (
    token: string | undefined,
  ) => Promise<{ items?: readonly T[] | undefined; next?: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const { items = [], next } = await fetchPage(token);
    all.push(...items);
    token = next;
  } while (token !== undefined && token !== '');
  return all;
}
