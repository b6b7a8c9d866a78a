import type { ResourceTags } from '../../../src/sandbox/cloud/resource-filter.ts';
import type { NewResource, SimulatedResource } from '../../../src/sandbox/cloud/simulated-cloud.ts';
import type { AwsAccount } from './account.ts';

/** A resource as its service lists it. */
export interface ListedResource {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly tags: ResourceTags;
}

/** One kind of resource: how its service lists, makes and deletes it. */
export interface ResourceKind {
  /** Global services are asked in us-east-1 only. */
  readonly isGlobal: boolean;
  /** All of an account in a region; what is on its way out (terminated, deleted) is not there any more. */
  list(account: AwsAccount, region: string): Promise<ListedResource[]>;
  /** @returns what the service calls it. */
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

/** What a plan has to say about a resource of this kind. @throws when the plan forgot it */
export function requireDetail({ name, details }: NewResource, key: string): string {
  return requireValue(details?.[key], `${key} of ${name}`);
}

/** A service answered without what it always answers with, or a plan is not complete. */
export function requireValue<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}

/** Asks until a service has no further page. `ask` gets the mark of the page before. */
export async function allPages<T>(
  ask: (mark: string | undefined) => Promise<{ items?: readonly T[] | undefined; next?: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let mark: string | undefined;
  do {
    const { items = [], next } = await ask(mark);
    all.push(...items);
    mark = next;
  } while (mark !== undefined && mark !== '');
  return all;
}
