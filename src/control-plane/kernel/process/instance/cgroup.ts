import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../../errors.ts';
import type { CgroupHierarchy } from './cgroup-hierarchy.ts';
import { ifReadable } from './if-readable.ts';
import type { RunnerLimits } from './runner-protocol.ts';

const MIB = 1024 * 1024;
const CPU_PERIOD_US = 100_000;
/** The kernel takes no smaller quota. */
const MIN_CPU_QUOTA_US = 1_000;

export interface CgroupUsage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** The control group of one instance: what limits it, counts it and finds all its processes. */
export class Cgroup {
  readonly #hierarchy: CgroupHierarchy;
  readonly #name: string;
  readonly #folders: readonly string[];

  constructor(hierarchy: CgroupHierarchy, name: string) {
    this.#hierarchy = hierarchy;
    this.#name = name;
    this.#folders = hierarchy.directories(name);
  }

  create(): void {
    this.#hierarchy.create(this.#name);
  }

  /** Moves a process into it, with all its threads. */
  join(pid: number): void {
    for (const folder of this.#folders) writeFileSync(join(folder, 'cgroup.procs'), String(pid));
  }

  limit({ memoryMb, cpus, pids }: RunnerLimits): void {
    const memory = String(memoryMb * MIB);
    const quota = String(Math.max(Math.round(cpus * CPU_PERIOD_US), MIN_CPU_QUOTA_US));
    if (this.#hierarchy.version === 2) {
      this.#set('memory.max', memory);
      this.#set('memory.swap.max', '0', true);
      this.#set('pids.max', String(pids));
      this.#set('cpu.max', `${quota} ${CPU_PERIOD_US}`);
      return;
    }
    this.#set('memory.limit_in_bytes', memory);
    // Memory and swap together; its limit is never below that of the memory.
    this.#set('memory.memsw.limit_in_bytes', memory, true);
    this.#set('pids.max', String(pids));
    this.#set('cpu.cfs_period_us', String(CPU_PERIOD_US));
    this.#set('cpu.cfs_quota_us', quota);
  }

  /** @returns the processes in it; none when it does not exist */
  processes(): number[] {
    const text = this.#get('cgroup.procs') ?? '';
    return text.split('\n').filter(Boolean).map(Number);
  }

  /** How often the kernel killed a process of it because of its memory limit. */
  oomKills(): number {
    const text = this.#get('memory.events') ?? this.#get('memory.oom_control') ?? '';
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  /** Whether its processes have used about so much, or more. Includes those of groups below it; an estimate where the kernel counts no kills there. */
  hasReachedMemory(memoryMb: number): boolean {
    if (this.#hierarchy.version === 2) return this.oomKills() > 0;
    return Number(this.#get('memory.max_usage_in_bytes') ?? 0) >= 0.99 * memoryMb * MIB;
  }

  /** Without what the kernel can drop at any time: files that were read once. Undefined when it does not exist. */
  usage(): CgroupUsage | undefined {
    const stat = this.#get('memory.stat') ?? '';
    if (this.#hierarchy.version === 2) {
      const cpuUs = /^usage_usec (\d+)$/m.exec(this.#get('cpu.stat') ?? '')?.[1];
      const used = this.#get('memory.current');
      if (cpuUs === undefined || used === undefined) return undefined;
      const droppable = Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
      return { cpuSeconds: Number(cpuUs) / 1e6, memoryBytes: Number(used) - droppable };
    }
    const cpuNs = this.#get('cpuacct.usage');
    const used = this.#get('memory.usage_in_bytes');
    if (cpuNs === undefined || used === undefined) return undefined;
    const droppable = Number(/^total_inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
    return { cpuSeconds: Number(cpuNs) / 1e9, memoryBytes: Number(used) - droppable };
  }

  remove(): boolean {
    return this.#hierarchy.remove(this.#name);
  }

  #get(file: string): string | undefined {
    for (const folder of this.#folders) {
      const text = ifReadable(() => readFileSync(join(folder, file), 'latin1'));
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** In the first of the hierarchies that has such a file. */
  #set(file: string, value: string, isOptional = false): void {
    for (const folder of this.#folders) {
      try {
        writeFileSync(join(folder, file), value, { flag: 'r+' });
        return;
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOENT') throw error;
      }
    }
    if (!isOptional) throw new Error(`the control group ${this.#name} has no ${file}`);
  }
}
