import { statSync } from 'node:fs';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';
import { type ListedContainer, parseContainers } from './containers.ts';
import { isLost } from './lost-containers.ts';
import type { Podman } from './podman.ts';
import { LABELS } from './run-arguments.ts';

export interface ContainerListOptions {
  readonly logPath: (id: string) => string;
  readonly conmonPidFile: (id: string) => string;
  /** Of a container that SIGKILL ended: whether it had used all its memory, and was stopped by no one of us. */
  readonly wasKilledForMemory: (id: string, memoryMb: number) => boolean;
}

/** The containers of instances, with what podman does not say of them. */
export class ContainerList {
  readonly #podman: Podman;
  readonly #o: ContainerListOptions;

  constructor(podman: Podman, options: ContainerListOptions) {
    this.#podman = podman;
    this.#o = options;
  }

  async find(id: string): Promise<ListedContainer | undefined> {
    const [found] = await this.list(`${LABELS.instance}=${id}`);
    return found;
  }

  async list(label: string = LABELS.instance): Promise<ListedContainer[]> {
    const first = await this.#listOnce(label);
    const ids = new Set(first.filter((each) => this.#isLost(each)).map(({ instance }) => instance.id));
    // One that has ended in this moment is recorded in the second list.
    const listed = ids.size === 0 ? first : await this.#listOnce(label);
    return listed.map((each) =>
      ids.has(each.instance.id) && this.#isLost(each) ? this.#asLost(each) : this.#withReason(each),
    );
  }

  async #listOnce(label: string): Promise<ListedContainer[]> {
    const json = await this.#podman.run(['ps', '--all', '--format', 'json', '--filter', `label=${label}`]);
    return parseContainers(json);
  }

  #isLost({ instance, pid, isUnstarted }: ListedContainer): boolean {
    return instance.exit === undefined && !isUnstarted && isLost(pid, this.#o.conmonPidFile(instance.id));
  }

  /** How it ended is not known, and when only by its last line. */
  #asLost(container: ListedContainer): ListedContainer {
    const { instance } = container;
    const at = ifReadable(() => statSync(this.#o.logPath(instance.id)).mtime) ?? instance.startedAt;
    const exit = { code: null, signal: null, isOutOfMemory: false, at };
    return { ...container, instance: { ...instance, exit } };
  }

  /** podman does not say on each host that the kernel killed for memory. */
  #withReason(container: ListedContainer): ListedContainer {
    const { instance, memoryMb } = container;
    const { exit, id } = instance;
    if (exit?.signal !== 'SIGKILL') return container;
    const isOutOfMemory = this.#o.wasKilledForMemory(id, memoryMb);
    return { ...container, instance: { ...instance, exit: { ...exit, isOutOfMemory } } };
  }
}
