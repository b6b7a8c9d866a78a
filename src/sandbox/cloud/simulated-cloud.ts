import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { SandboxCluster } from '../assets/sandbox-cluster.ts';
import { takeFaults } from '../faults/faults.ts';
import { hasErrnoCode, listNames, readTextIfPresent } from '../runtime/optional-files.ts';
import {
  matchesResourceFilter,
  matchesTagQuery,
  type ResourceFilter,
  type ResourceTags,
  type TagQuery,
} from './resource-filter.ts';

const resourceSchema = z.object({
  id: z.string(),
  arn: z.string(),
  /** Service and type, as in an ARN: `ec2:vpc`, `iam:role`, `is:instance`. */
  type: z.string(),
  /** The region that lists it: us-east-1 for the global services of AWS. */
  region: z.string(),
  name: z.string(),
  tags: z.record(z.string(), z.string()),
  infraId: z.string(),
  createdAt: z.iso.datetime(),
  /** Listings omit the resource before this time, like the delayed index of a real cloud. */
  visibleAt: z.iso.datetime().optional(),
});

export type SimulatedResource = Readonly<z.infer<typeof resourceSchema>>;
/** `details`: what a real cloud needs to create it, besides name and tags (such as the subnet of a machine). */
export type NewResource = Omit<SimulatedResource, 'createdAt'> & { readonly details?: ResourceTags };

/** The operations of a cloud that the stand-in installer needs. */
export interface SimulatedCloud {
  /** Folder of the faults, the running installers and, by default, the resources. */
  readonly dir: string;
  /** Checks the requirements of an install. @throws CommandExit */
  preflight(cluster: SandboxCluster): Promise<void>;
  /** @returns the created resource; a cloud may assign its own id. @throws CloudRejectedError */
  create(resource: NewResource): Promise<SimulatedResource>;
  /** Removes a planned resource. @returns false if it does not exist. @throws CloudRejectedError */
  removePlanned(planned: NewResource): Promise<boolean>;
  /** @throws CloudThrottledError for a `throttled` fault */
  list(filter?: ResourceFilter): Promise<SimulatedResource[]>;
  /** Resources by tag. As in a real cloud, untagged resources (DNS records) are not found. */
  findByTags(query: TagQuery): Promise<SimulatedResource[]>;
  /** @returns false if it does not exist. @throws CloudRejectedError */
  remove(resource: SimulatedResource): Promise<boolean>;
}

type Removable = Pick<SimulatedResource, 'id'> & Partial<Pick<SimulatedResource, 'infraId'>>;

/** The simulated cloud in a folder, with a query for tests. */
export interface FolderCloud extends SimulatedCloud {
  remove(resource: Removable): Promise<boolean>;
  /** Does any resource of this infrastructure exist, including those that listings omit? */
  hasResources(infraId: string): Promise<boolean>;
}

export interface SimulatedCloudOptions {
  /** Who lists; a `listing` fault can be limited to it with `match.command` (default: `read-back`). */
  readonly caller?: string;
  readonly now?: () => number;
}

/** The cloud throttled a listing; the same call may succeed later. */
export class CloudThrottledError extends Error {
  readonly code = 'ThrottlingException';
  constructor() {
    super('ThrottlingException: Rate exceeded');
    this.name = 'CloudThrottledError';
  }
}

/** The cloud rejected a request: another resource depends on this one, or the caller lacks a permission. */
export class CloudRejectedError extends Error {
  /** Error code of the cloud, such as `DependencyViolation`. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'CloudRefusedError';
    this.code = code;
  }
}

/**
 * The simulated cloud in a folder: one file per resource in `resources/<infraId>/`, so that several processes can use it at once and a
 * killed one leaves complete files only. The first create makes the folder.
 * Files are read and written synchronously: for hundreds of small files the thread pool of the asynchronous API takes many times longer.
 */
export function openSimulatedCloud(dir: string, options: SimulatedCloudOptions = {}): FolderCloud {
  const now = options.now ?? Date.now;
  const command = options.caller ?? 'read-back';

  async function list(filter: ResourceFilter = {}): Promise<SimulatedResource[]> {
    await injectListingFaults(dir, command);
    const all = readResources(dir, filter.infraId);
    return all.filter((resource) => isVisible(resource, now()) && matchesResourceFilter(resource, filter));
  }

  async function remove({ id, infraId }: Removable): Promise<boolean> {
    const root = join(dir, 'resources');
    const folders = infraId === undefined ? listNames(root) : [encodeURIComponent(infraId)];
    return folders.some((folder) => removeFrom(join(root, folder), id));
  }

  return {
    dir,
    list,
    remove,
    removePlanned: remove,
    async preflight() {},
    async create({ details: _, ...resource }) {
      const created: SimulatedResource = { ...resource, createdAt: new Date(now()).toISOString() };
      writeResource(dir, created);
      return created;
    },
    async findByTags({ tags, regions }) {
      const all = await list(regions === undefined ? {} : { regions });
      return all.filter(matchesTagQuery(tags));
    },
    async hasResources(infraId) {
      return readResources(dir, infraId).length > 0;
    },
  };
}

/** Every listing of every cloud calls this. @throws CloudThrottledError */
export async function injectListingFaults(dir: string, caller: string): Promise<void> {
  const faults = await takeFaults(dir, { stage: 'listing', command: caller });
  if (faults.some((fault) => fault.kind === 'throttled')) throw new CloudThrottledError();
}

/** Sorts resources by time of creation, then by id. */
function byCreation(a: SimulatedResource, b: SimulatedResource): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function isVisible(resource: SimulatedResource, nowMs: number): boolean {
  return resource.visibleAt === undefined || Date.parse(resource.visibleAt) <= nowMs;
}

function readResources(dir: string, infraId?: string): SimulatedResource[] {
  if (infraId === '') return [];
  const root = join(dir, 'resources');
  const folders = infraId === undefined ? listNames(root) : [encodeURIComponent(infraId)];
  const found: SimulatedResource[] = [];
  for (const folder of folders) {
    for (const name of listNames(join(root, folder))) {
      const text = readTextIfPresent(join(root, folder, name));
      if (text !== undefined) found.push(resourceSchema.parse(JSON.parse(text)));
    }
  }
  return found.sort(byCreation);
}

/** Where a resource is stored. */
export function resourceFile(
  dir: string,
  { infraId, id }: Pick<SimulatedResource, 'infraId' | 'id'>,
): string {
  return join(dir, 'resources', encodeURIComponent(infraId), `${encodeURIComponent(id)}.json`);
}

function writeResource(dir: string, resource: SimulatedResource): void {
  const folder = join(dir, 'resources', encodeURIComponent(resource.infraId));
  const draft = join(dir, 'drafts', `${process.pid}-${randomBytes(8).toString('hex')}`);
  mkdirSync(join(dir, 'drafts'), { recursive: true });
  writeFileSync(draft, `${JSON.stringify(resource, null, 2)}\n`);
  for (;;) {
    mkdirSync(folder, { recursive: true });
    try {
      renameSync(draft, resourceFile(dir, resource));
      return;
    } catch (thrown) {
      // Another process removed the empty folder between the two calls.
      if (!hasErrnoCode(thrown, 'ENOENT')) throw thrown;
    }
  }
}

function removeFrom(folder: string, id: string): boolean {
  try {
    unlinkSync(join(folder, `${encodeURIComponent(id)}.json`));
  } catch (thrown) {
    if (hasErrnoCode(thrown, 'ENOENT')) return false;
    throw thrown;
  }
  try {
    rmdirSync(folder);
  } catch (thrown) {
    if (!hasErrnoCode(thrown, 'ENOTEMPTY') && !hasErrnoCode(thrown, 'ENOENT')) throw thrown;
  }
  return true;
}
