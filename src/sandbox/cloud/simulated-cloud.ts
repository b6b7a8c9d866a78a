import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { SandboxCluster } from '../assets/sandbox-cluster.ts';
import { takeFaults } from '../faults/faults.ts';
import { hasErrnoCode } from '../runtime/errno.ts';
import {
  matchesFilter,
  matchesTagQuery,
  type ResourceFilter,
  type ResourceTags,
  type TagQuery,
} from './resource-filter.ts';

const resourceSchema = z.object({
  id: z.string(),
  arn: z.string(),
  /** Service and kind, as in an ARN: `ec2:vpc`, `iam:role`, `is:instance`. */
  type: z.string(),
  /** Where a listing shows it: global AWS services answer in us-east-1. */
  region: z.string(),
  name: z.string(),
  tags: z.record(z.string(), z.string()),
  infraId: z.string(),
  createdAt: z.iso.datetime(),
  /** Listings do not show the resource before this moment, as a cloud's index that lags behind. */
  visibleAt: z.iso.datetime().optional(),
});

export type SimulatedResource = Readonly<z.infer<typeof resourceSchema>>;
/** `details`: what a cloud has to know to make it, beyond its name and tags (the subnet of a machine). */
export type NewResource = Omit<SimulatedResource, 'createdAt'> & { readonly details?: ResourceTags };

/** What the stand-in installer asks of the cloud that it works on. */
export interface SimulatedCloud {
  /** Folder of the faults and of who is at work; the simulated cloud has its resources there as well. */
  readonly dir: string;
  /** Checks what an install needs before it begins. @throws InstallerExit */
  preflight(cluster: SandboxCluster): Promise<void>;
  /** @returns the resource as the cloud knows it: a cloud may give it an id of its own. @throws CloudRefusedError */
  create(resource: NewResource): Promise<SimulatedResource>;
  /** Removes what a plan made. @returns false when there is no such resource. @throws CloudRefusedError */
  removePlanned(planned: NewResource): Promise<boolean>;
  /** @throws CloudThrottledError when a `throttled` fault hits the listing. */
  list(filter?: ResourceFilter): Promise<SimulatedResource[]>;
  /** Resources by tag. As in a real cloud, what carries no tags (public DNS records) is not found this way. */
  findByTags(query: TagQuery): Promise<SimulatedResource[]>;
  /** @returns false when there is no such resource. @throws CloudRefusedError */
  remove(resource: SimulatedResource): Promise<boolean>;
}

type Removable = Pick<SimulatedResource, 'id'> & Partial<Pick<SimulatedResource, 'infraId'>>;

/** The simulated cloud, and what only the tests of it may ask. */
export interface FolderCloud extends SimulatedCloud {
  remove(resource: Removable): Promise<boolean>;
  /** The truth, whatever listings show: is anything of this infrastructure left? */
  hasResources(infraId: string): Promise<boolean>;
}

export interface SimulatedCloudOptions {
  /** Who lists; a `listing` fault can be limited to it with `match.command`. Default `read-back`. */
  readonly caller?: string;
  readonly now?: () => number;
}

/** The cloud refused a listing because too many were asked for; the same call may succeed a moment later. */
export class CloudThrottledError extends Error {
  readonly code = 'ThrottlingException';
  constructor() {
    super('ThrottlingException: Rate exceeded');
    this.name = 'CloudThrottledError';
  }
}

/** The cloud did not do it: something else depends on the resource, or the caller may not. */
export class CloudRejectedError extends Error {
  /** The cloud's own word, as `DependencyViolation`. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.name = 'CloudRefusedError';
    this.code = code;
  }
}

/**
 * The simulated cloud in a folder: one file per resource in `resources/<infraId>/`, so that any number of processes may
 * use it at once and a killed one leaves whole resources or none. The folder is made on the first create.
 * Files are used synchronously: there are hundreds of small ones, and the detour through a thread takes many times longer.
 */
export function openSimulatedCloud(dir: string, options: SimulatedCloudOptions = {}): FolderCloud {
  const now = options.now ?? Date.now;
  const command = options.caller ?? 'read-back';

  async function list(filter: ResourceFilter = {}): Promise<SimulatedResource[]> {
    await injectListingFaults(dir, command);
    const all = readResources(dir, filter.infraId);
    return all.filter((resource) => isVisible(resource, now()) && matchesFilter(resource, filter));
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

/** Every listing of any cloud passes here. @throws CloudThrottledError */
export async function injectListingFaults(dir: string, caller: string): Promise<void> {
  const faults = await takeFaults(dir, { stage: 'listing', command: caller });
  if (faults.some((fault) => fault.kind === 'throttled')) throw new CloudThrottledError();
}

/** Orders two resources by the moment of their making, then by id. */
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
      const text = readIfPresent(join(root, folder, name));
      if (text !== undefined) found.push(resourceSchema.parse(JSON.parse(text)));
    }
  }
  return found.sort(byCreation);
}

function writeResource(dir: string, resource: SimulatedResource): void {
  const folder = join(dir, 'resources', encodeURIComponent(resource.infraId));
  const draft = join(dir, 'drafts', `${process.pid}-${randomBytes(8).toString('hex')}`);
  mkdirSync(join(dir, 'drafts'), { recursive: true });
  writeFileSync(draft, `${JSON.stringify(resource, null, 2)}\n`);
  for (;;) {
    mkdirSync(folder, { recursive: true });
    try {
      renameSync(draft, join(folder, `${encodeURIComponent(resource.id)}.json`));
      return;
    } catch (thrown) {
      // Another process removed the emptied folder between the two calls.
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

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (thrown) {
    if (hasErrnoCode(thrown, 'ENOENT')) return [];
    throw thrown;
  }
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (hasErrnoCode(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}
