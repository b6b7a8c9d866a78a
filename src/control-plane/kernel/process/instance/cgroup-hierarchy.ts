import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../../errors.ts';
import { ifReadable } from './if-readable.ts';

/** Where the kernel shows its control groups (cgroups(7)). */
const MOUNT = '/sys/fs/cgroup';

/** What limits instances: version 1 has a folder for each of these, version 2 one for all. */
const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;

/** Groups of the host, addressed by a path below each of its hierarchies. */
export interface CgroupHierarchy {
  readonly version: 1 | 2;
  /** The folders of a group; the first one has its processes and its memory. */
  directories(group: string): readonly string[];
  /** Creates it with its parents. */
  create(group: string): void;
  /** Removes it with those below it, once they have no processes. @returns whether nothing of it is left */
  remove(group: string): boolean;
  /** Removes it when there is nothing below it either. */
  removeIfEmpty(group: string): void;
}

/** @returns the hierarchy in which this process can make groups with limits; undefined when there is none */
export function findCgroupHierarchy(mount = MOUNT): CgroupHierarchy | undefined {
  if (existsSync(join(mount, 'cgroup.controllers'))) return findUnified(mount);
  const folders = [...CONTROLLERS, 'cpuacct'].map((controller) => join(mount, controller));
  if (!folders.every(isWritable)) return undefined;
  return {
    version: 1,
    directories: (group) => folders.map((folder) => join(folder, group)),
    create: (group) => {
      for (const folder of folders) mkdirSync(join(folder, group), { recursive: true });
    },
    ...removals(() => allHierarchies(mount)),
  };
}

/** Container runtimes make a group in each hierarchy, also in those without limits. */
function allHierarchies(mount: string): string[] {
  return readdirSync(mount).map((name) => join(mount, name));
}

function removals(hierarchies: () => string[]): Pick<CgroupHierarchy, 'remove' | 'removeIfEmpty'> {
  return {
    remove: (group) =>
      !hierarchies()
        .map((folder) => removeTree(join(folder, group)))
        .includes(false),
    removeIfEmpty: (group) => {
      for (const folder of hierarchies()) removeGroup(join(folder, group));
    },
  };
}

function removeTree(folder: string): boolean {
  const entries = ifReadable(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  for (const entry of entries) if (entry.isDirectory()) removeTree(join(folder, entry.name));
  return removeGroup(folder);
}

function findUnified(mount: string): CgroupHierarchy | undefined {
  if (!isWritable(mount)) return undefined;
  const create = (group: string) => {
    let folder = mount;
    for (const part of group.split('/')) {
      enableControllers(folder);
      folder = join(folder, part);
      mkdirSync(folder, { recursive: true });
    }
  };
  try {
    // Fails where the root is that of a container, and has processes.
    enableControllers(mount);
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
  return {
    version: 2,
    directories: (group) => [join(mount, group)],
    create,
    ...removals(() => [mount]),
  };
}

function enableControllers(folder: string): void {
  const file = join(folder, 'cgroup.subtree_control');
  const enabled = readFileSync(file, 'latin1').split(/\s+/);
  const missing = CONTROLLERS.filter((controller) => !enabled.includes(controller));
  if (missing.length > 0) writeFileSync(file, missing.map((controller) => `+${controller}`).join(' '));
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return existsSync(join(folder, 'cgroup.procs'));
  } catch {
    return false;
  }
}

/** EBUSY: it has processes or groups. @returns whether it is gone */
function removeGroup(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return true;
    if (code !== 'EBUSY') throw error;
    return false;
  }
}
