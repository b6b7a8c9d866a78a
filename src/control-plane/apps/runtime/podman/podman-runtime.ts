import { mkdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../kernel/clock.ts';
import { Cgroup } from '../../../kernel/process/instance/cgroup.ts';
import {
  type CgroupHierarchy,
  findCgroupHierarchy,
} from '../../../kernel/process/instance/cgroup-hierarchy.ts';
import type {
  InstanceLogLine,
  InstanceSample,
  InstanceSpec,
  ObservedInstance,
  Runtime,
  RuntimeStatus,
} from '../runtime.ts';
import { assertInstanceId, mapRuntimeErrors, RuntimeError } from '../runtime-error.ts';
import { ContainerList } from './container-list.ts';
import { ContainerLogs } from './container-log.ts';
import { sampleContainers } from './container-samples.ts';
import { ContainerNetworks } from './networks.ts';
import { Podman } from './podman.ts';
import { probePodman } from './podman-probe.ts';
import { openPodmanStorage } from './podman-storage.ts';
import { containerName, exclusiveOf, LABELS, runArguments } from './run-arguments.ts';
import { StopMarks } from './stop-marks.ts';

const LOG_BYTES = 10 * 1024 * 1024;
const GROUP_POLL_MS = 20;
const GROUP_LIMIT_MS = 2_000;

export interface PodmanRuntimeOptions {
  /** Of this driver and the builder of its images; only the server enters it. */
  readonly directory: string;
  readonly installationId: string;
  /** What podman is given of the server's environment: PATH, HOME and XDG_RUNTIME_DIR. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** The log of an instance begins anew when it has this size. @default 10 MiB */
  readonly logBytes?: number;
}

export function openPodmanRuntime(options: PodmanRuntimeOptions): Runtime {
  return new PodmanRuntime(options);
}

/** Runs instances as containers of podman, without its daemon: each container has a process beside it that outlives the server (conmon). */
class PodmanRuntime implements Runtime {
  readonly name = 'podman';
  readonly #o: PodmanRuntimeOptions;
  readonly #podman: Podman;
  readonly #containers: ContainerList;
  readonly #networks: ContainerNetworks;
  readonly #logs = new ContainerLogs();
  readonly #stops: StopMarks;
  readonly #logDirectory: string;
  readonly #hierarchy: CgroupHierarchy | undefined;
  #status: Promise<RuntimeStatus> | undefined;

  constructor(options: PodmanRuntimeOptions) {
    this.#o = options;
    const { environment } = options;
    this.#podman = new Podman({ storage: openPodmanStorage(options), environment });
    this.#networks = new ContainerNetworks(this.#podman);
    this.#stops = new StopMarks(join(options.directory, 'stopped'));
    this.#logDirectory = join(options.directory, 'logs');
    this.#containers = new ContainerList(this.#podman, {
      logPath: (id) => this.#logPath(id),
      conmonPidFile: (id) => this.#conmonPidFile(id),
      wasKilledForMemory: (id, memoryMb) =>
        !this.#stops.isMarked(id) && (this.#cgroup(id)?.hasReachedMemory(memoryMb) ?? true),
    });
    this.#hierarchy = process.getuid?.() === 0 ? findCgroupHierarchy() : undefined;
  }

  async probe(): Promise<RuntimeStatus> {
    this.#status ??= probePodman(this.#podman, this.#o.directory);
    const status = await this.#status;
    // What was missing may be installed when the next one asks.
    if (!status.isUsable) this.#status = undefined;
    return status;
  }

  ensureEnvironment(environmentId: string): Promise<void> {
    return mapRuntimeErrors('prepare the network of the environment', async () => {
      assertInstanceId(environmentId);
      await this.#networks.ensure(environmentId);
    });
  }

  removeEnvironment(environmentId: string): Promise<void> {
    return mapRuntimeErrors('remove the environment', async () => {
      assertInstanceId(environmentId);
      for (const { instance } of await this.#containers.list(`${LABELS.environment}=${environmentId}`))
        await this.#remove(instance.id);
      await this.#networks.remove(environmentId);
      // Once nothing runs, the host is as it was.
      for (const group of [`ocpctl/${this.#o.installationId}`, 'ocpctl'])
        this.#hierarchy?.removeIfEmpty(group);
    });
  }

  ensure(spec: InstanceSpec): Promise<ObservedInstance> {
    return mapRuntimeErrors('start the instance', async () => {
      assertInstanceId(spec.id, spec.environmentId);
      const known = await this.#containers.find(spec.id);
      // The server that created it was killed before it had started it.
      if (known?.isUnstarted === true) await this.#start(spec.id);
      else if (known === undefined) await this.#create(spec);
      const started = await this.#containers.find(spec.id);
      if (started === undefined)
        throw new RuntimeError('infrastructure', 'the container was removed while it started');
      return started.instance;
    });
  }

  observe(): Promise<readonly ObservedInstance[]> {
    return mapRuntimeErrors('observe containers', async () =>
      (await this.#containers.list()).map(({ instance }) => instance),
    );
  }

  stop(id: string, graceMs: number): Promise<void> {
    return mapRuntimeErrors('stop the container', async () => {
      assertInstanceId(id);
      const known = await this.#containers.find(id);
      if (known === undefined || known.instance.exit !== undefined) return;
      await this.#stops.mark(id);
      const seconds = String(Math.ceil(graceMs / 1_000));
      await this.#podman.run(['stop', '--ignore', '--time', seconds, containerName(id)]);
    });
  }

  remove(id: string): Promise<void> {
    return mapRuntimeErrors('remove the container', async () => {
      assertInstanceId(id);
      await this.#remove(id);
    });
  }

  readLog(
    id: string,
    range: { readonly after: number; readonly limit: number },
  ): Promise<readonly InstanceLogLine[]> {
    return mapRuntimeErrors('read the log', async () => {
      assertInstanceId(id);
      return this.#logs.read(this.#logPath(id), range);
    });
  }

  stats(): Promise<readonly InstanceSample[]> {
    return mapRuntimeErrors('measure containers', async () => {
      const running = (await this.#containers.list()).filter(({ instance }) => instance.exit === undefined);
      const ids = running.map(({ instance }) => instance.id);
      const groups = ids.flatMap((id) => {
        const usage = this.#cgroup(id)?.usage();
        return usage === undefined ? [] : [{ id, ...usage }];
      });
      return groups.length === ids.length ? groups : sampleContainers(this.#podman, new Set(ids));
    });
  }

  listEnvironments(): Promise<readonly string[]> {
    return mapRuntimeErrors('list environments', async () => {
      const ofContainers = (await this.#containers.list()).map(({ instance }) => instance.environmentId);
      return [...new Set([...(await this.#networks.list()), ...ofContainers])].sort();
    });
  }

  async #create(spec: InstanceSpec): Promise<void> {
    for (const volume of exclusiveOf(spec)) await this.#assertUnused(volume);
    await this.#networks.ensure(spec.environmentId);
    const logPath = this.#logPath(spec.id);
    mkdirSync(this.#logDirectory, { recursive: true, mode: 0o700 });
    await writeFile(logPath, '', { flag: 'a', mode: 0o600 });
    const cgroup = this.#cgroup(spec.id);
    cgroup?.create();
    const { args, input } = runArguments(spec, {
      logPath,
      conmonPidFile: this.#conmonPidFile(spec.id),
      logBytes: this.#o.logBytes ?? LOG_BYTES,
      hasInit: this.#podman.findTool('catatonit') !== undefined,
      cgroupParent: cgroup === undefined ? undefined : this.#groupOf(spec.id),
    });
    try {
      await this.#podman.run(args, input);
    } catch (error) {
      // Another server has created it in the same moment.
      const known = await this.#containers.find(spec.id);
      if (known !== undefined && !known.isUnstarted) return;
      await this.#remove(spec.id);
      throw error;
    }
  }

  /** podman mounts a volume as often as it is told to. */
  async #assertUnused(volume: string): Promise<void> {
    const [user] = (await this.#containers.list(`${LABELS.volume}=${volume}`)).filter(
      ({ instance }) => instance.exit === undefined,
    );
    if (user !== undefined)
      throw new RuntimeError('infrastructure', `instance ${user.instance.id} has the volume ${volume}`);
  }

  /** Of two that start it, the second fails. */
  async #start(id: string): Promise<void> {
    const { code } = await this.#podman.try(['start', containerName(id)]);
    if (code !== 0 && (await this.#containers.find(id))?.isUnstarted === true)
      throw new RuntimeError('infrastructure', 'the container was created and cannot be started');
  }

  async #remove(id: string): Promise<void> {
    await this.#stops.mark(id);
    await this.#podman.run(['rm', '--force', '--time', '0', '--volumes', '--ignore', containerName(id)]);
    await this.#removeGroup(id);
    const logPath = this.#logPath(id);
    this.#logs.forget(logPath);
    for (const path of [logPath, this.#conmonPidFile(id)]) rmSync(path, { force: true });
    await this.#stops.forget(id);
  }

  /** The process beside the container ends a moment after it. */
  async #removeGroup(id: string): Promise<void> {
    const { clock } = this.#o;
    const cgroup = this.#cgroup(id);
    for (const endMs = clock.monotonicMs() + GROUP_LIMIT_MS; cgroup?.remove() === false; ) {
      if (clock.monotonicMs() > endMs) return;
      await clock.sleep(GROUP_POLL_MS);
    }
  }

  #groupOf(id: string): string {
    return `ocpctl/${this.#o.installationId}/${id}`;
  }

  #cgroup(id: string): Cgroup | undefined {
    return this.#hierarchy === undefined ? undefined : new Cgroup(this.#hierarchy, this.#groupOf(id));
  }

  #conmonPidFile(id: string): string {
    return join(this.#logDirectory, `${id}.pid`);
  }

  #logPath(id: string): string {
    return join(this.#logDirectory, `${id}.log`);
  }
}
