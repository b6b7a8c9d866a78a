import { availableParallelism } from 'node:os';
import type { Clock } from '../../../kernel/clock.ts';
import { Cgroup } from '../../../kernel/process/instance/cgroup.ts';
import type { CgroupHierarchy } from '../../../kernel/process/instance/cgroup-hierarchy.ts';
import { instanceTree } from '../../../kernel/process/instance/instance-tree.ts';
import { terminateTree } from '../../../kernel/process/terminate-tree.ts';

const MAX_PROCESSES = 4096;

/** The processes of one build: what limits them, and what ends them. */
export class BuildGroup {
  readonly memoryMb: number;
  readonly #owner: string;
  readonly #cgroup: Cgroup | undefined;
  readonly #directories: readonly string[];

  /** @param owner as the guard is told; builds of one owner follow each other */
  constructor(hierarchy: CgroupHierarchy | undefined, owner: string, memoryMb: number) {
    const name = `ocpctl-builds/${owner}`;
    this.memoryMb = memoryMb;
    this.#owner = owner;
    this.#cgroup = hierarchy === undefined ? undefined : new Cgroup(hierarchy, name);
    this.#directories = hierarchy?.directories(name) ?? [];
  }

  /** @returns the directories of the cgroup; none where it cannot be limited */
  open(): readonly string[] {
    this.#cgroup?.create();
    this.#cgroup?.limit({ memoryMb: this.memoryMb, cpus: availableParallelism(), pids: MAX_PROCESSES });
    return this.#directories;
  }

  /** How often a program of it was killed because the memory was used up. */
  oomKills(): number {
    return this.#cgroup?.oomKills() ?? 0;
  }

  /** Ends what is left of it, also what an earlier worker started and did not end. */
  async end(clock: Clock): Promise<void> {
    const tree = instanceTree({ mark: `${this.#owner}.`, rootPid: undefined, cgroup: this.#cgroup });
    await terminateTree(tree, { killAtMs: clock.monotonicMs() }, clock);
    this.#cgroup?.remove();
  }
}
