import { join } from 'node:path';
import type { Clock } from '../../../kernel/clock.ts';
import { messageOf, systemCodeOf } from '../../../kernel/errors.ts';
import { Cgroup } from '../../../kernel/process/instance/cgroup.ts';
import { findCgroupHierarchy } from '../../../kernel/process/instance/cgroup-hierarchy.ts';
import { isSameProcess } from '../../../kernel/process/instance/host-process.ts';
import { removeUnfinishedClaims } from '../../../kernel/process/instance/instance-claim.ts';
import { readInstanceLog } from '../../../kernel/process/instance/log-reader.ts';
import { startInstanceRunner } from '../../../kernel/process/instance/start-instance-runner.ts';
import type { Log } from '../../../kernel/telemetry/log.ts';
import type {
  InstanceLogLine,
  InstanceSample,
  InstanceSpec,
  ObservedInstance,
  Runtime,
  RuntimeStatus,
} from '../runtime.ts';
import { assertInstanceId, mapRuntimeErrors, RuntimeError } from '../runtime-error.ts';
import { EndInstance } from './end-instance.ts';
import { EnvironmentUsers } from './environment-users.ts';
import { InstanceFiles } from './instance-files.ts';
import { type InstanceRecords, observedInstance } from './instance-records.ts';
import { sampleInstances } from './instance-samples.ts';
import { type ProcessHost, probeProcessHost } from './process-host.ts';
import { runnerRequest } from './runner-request.ts';

/** From the start of the runner to the start of the program: 0.1 s here; a host that is busy takes longer. */
const START_LIMIT_MS = 30_000;
const POLL_MS = 20;

export interface ProcessRuntimeOptions {
  /** Of this driver alone. Other users must be able to enter it and its parents where the server is root. */
  readonly directory: string;
  readonly installationId: string;
  /** The built runner, `dist/instance-runner.js`. */
  readonly runnerPath: string;
  /** PATH of instances that have none of their own. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Whether each environment has a user of its own: otherwise its programs run as the user of the server, and can read what it can.
   * @default true where the server is root
   */
  readonly hasEnvironmentUsers?: boolean;
  /** @default 20000 to 29999: below the ports that the kernel gives to clients */
  readonly ports?: { readonly first: number; readonly last: number };
  /** The log of an instance is at most `segments` files of this size. @default 10 of 1 MiB */
  readonly logLimits?: { readonly segmentBytes: number; readonly segments: number };
}

export function openProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  return new ProcessRuntime(options);
}

/** Runs instances as processes of this host. All state is in files and in the kernel: each server sees the same. */
class ProcessRuntime implements Runtime {
  readonly name = 'process';
  readonly #o: ProcessRuntimeOptions;
  readonly #files: InstanceFiles;
  readonly #users: EnvironmentUsers;
  readonly #end: EndInstance;
  readonly #hierarchy = findCgroupHierarchy();
  #host: ProcessHost | undefined;

  constructor(options: ProcessRuntimeOptions) {
    this.#o = options;
    this.#files = new InstanceFiles(options.directory);
    this.#users = new EnvironmentUsers(join(options.directory, 'users'));
    this.#end = new EndInstance({
      clock: options.clock,
      mark: (id) => this.#mark(id),
      cgroup: (id) => this.#cgroup(id),
    });
  }

  async probe(): Promise<RuntimeStatus> {
    return this.#probeHost().status;
  }

  ensureEnvironment(environmentId: string): Promise<void> {
    return mapRuntimeErrors('prepare the environment', async () => {
      assertInstanceId(environmentId);
      this.#files.makeEnvironment(environmentId);
      if (this.#probeHost().hasUsers) this.#users.assign(environmentId);
    });
  }

  removeEnvironment(environmentId: string): Promise<void> {
    return mapRuntimeErrors('remove the environment', async () => {
      assertInstanceId(environmentId);
      for (const { runner } of this.#files.list())
        if (runner.labels.environmentId === environmentId) await this.#remove(runner.labels.id);
      this.#files.removeEnvironment(environmentId);
      this.#users.release(environmentId);
      this.#removeEmptyGroups();
    });
  }

  ensure(spec: InstanceSpec): Promise<ObservedInstance> {
    return mapRuntimeErrors('start the instance', async () => {
      assertInstanceId(spec.id, spec.environmentId);
      const known = this.#files.read(spec.id);
      if (known !== undefined) return observedInstance(await this.#started(spec.id));
      const host = this.#probeHost();
      if (!host.status.isUsable) throw new RuntimeError('unavailable', host.status.facts.join('; '));
      await this.ensureEnvironment(spec.environmentId);
      const request = runnerRequest(spec, {
        ...this.#o,
        host,
        instancesDirectory: this.#files.instances,
        homeDirectory: this.#files.home(spec.environmentId, spec.id),
        user: host.hasUsers ? this.#users.assign(spec.environmentId) : undefined,
        mark: this.#mark(spec.id),
        cgroup: this.#hierarchy === undefined ? undefined : this.#group,
      });
      const { runnerPath, clock } = this.#o;
      const answer = await startInstanceRunner({ runnerPath, request, timeoutMs: START_LIMIT_MS }, clock);
      if (answer?.type === 'failed') throw new RuntimeError('infrastructure', answer.message);
      return observedInstance(await this.#started(spec.id));
    });
  }

  observe(): Promise<readonly ObservedInstance[]> {
    return mapRuntimeErrors('observe instances', async () => {
      removeUnfinishedClaims(this.#files.instances);
      const observed: ObservedInstance[] = [];
      for (const records of this.#files.list()) observed.push(observedInstance(await this.#settled(records)));
      return observed;
    });
  }

  stop(id: string, graceMs: number): Promise<void> {
    return mapRuntimeErrors('stop the instance', async () => {
      assertInstanceId(id);
      const records = this.#files.read(id);
      if (records === undefined || records.exit !== undefined) return;
      await this.#end.end(records, graceMs);
    });
  }

  remove(id: string): Promise<void> {
    return mapRuntimeErrors('remove the instance', async () => {
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
      return readInstanceLog(join(this.#files.instances, id), range);
    });
  }

  stats(): Promise<readonly InstanceSample[]> {
    return mapRuntimeErrors('measure instances', async () => {
      const running = this.#files.list().flatMap(({ program, exit, runner: { labels } }) => {
        if (program === undefined || exit !== undefined) return [];
        return [{ id: labels.id, program: program.program, cgroup: this.#cgroup(labels.id) }];
      });
      return sampleInstances(running);
    });
  }

  listEnvironments(): Promise<readonly string[]> {
    return mapRuntimeErrors('list environments', async () => this.#files.listEnvironments());
  }

  async #remove(id: string): Promise<void> {
    const records = this.#files.read(id);
    if (records !== undefined) await this.#end.endWithRunner(records);
    this.#cgroup(id)?.remove();
    this.#files.removeInstance(id);
  }

  /** The instance after its runner has started the program, for this server or another one. */
  async #started(id: string): Promise<InstanceRecords> {
    const { clock } = this.#o;
    for (const endMs = clock.monotonicMs() + START_LIMIT_MS; clock.monotonicMs() < endMs; ) {
      const records = this.#files.read(id);
      // Its runner could not start it, and has said so to the server that started the runner.
      if (records === undefined) break;
      const isOver = records.exit !== undefined || !isSameProcess(records.runner.runner);
      if (records.program !== undefined || isOver) return this.#settled(records);
      await clock.sleep(POLL_MS);
    }
    throw new RuntimeError('infrastructure', 'the runner of the instance gave no answer');
  }

  /** An instance that has lost its runner is ended: its log and how it would end are lost. */
  async #settled(records: InstanceRecords): Promise<InstanceRecords> {
    if (records.exit !== undefined || isSameProcess(records.runner.runner)) return records;
    const { id } = records.runner.labels;
    // It may have recorded the exit between the two looks.
    const again = this.#files.read(id) ?? records;
    if (again.exit !== undefined) return again;
    this.#o.log.warn({ instance: id }, 'the runner of an instance was killed, so the instance is ended');
    try {
      await this.#end.end(again, 0);
      return this.#files.read(id) ?? again;
    } catch (error) {
      // A full disk: what cannot be recorded of one instance must not hide all others.
      if (systemCodeOf(error) === undefined) throw error;
      this.#o.log.error(
        { instance: id, error: messageOf(error) },
        'the end of an instance cannot be recorded',
      );
      const at = this.#o.clock.now();
      return { ...again, exit: { code: null, signal: null, isOutOfMemory: false, at } };
    }
  }

  /** Once nothing runs, the host is as it was. */
  #removeEmptyGroups(): void {
    for (const group of [`${this.#group}/runners`, this.#group, 'ocpctl'])
      this.#hierarchy?.removeIfEmpty(group);
  }

  get #group(): string {
    return `ocpctl/${this.#o.installationId}`;
  }

  #cgroup(id: string): Cgroup | undefined {
    return this.#hierarchy === undefined ? undefined : new Cgroup(this.#hierarchy, `${this.#group}/${id}`);
  }

  /** Two installations on a host have instances of equal ids only in copies of a database. */
  #mark(id: string): string {
    return `${this.#o.installationId}.${id}.`;
  }

  #probeHost(): ProcessHost {
    this.#host ??= probeProcessHost({
      directory: this.#o.directory,
      hasUsers: this.#o.hasEnvironmentUsers ?? process.getuid?.() === 0,
      cgroupVersion: this.#hierarchy?.version,
    });
    const host = this.#host;
    // What was wrong may be right when the next one asks.
    if (!host.status.isUsable) this.#host = undefined;
    return host;
  }
}
