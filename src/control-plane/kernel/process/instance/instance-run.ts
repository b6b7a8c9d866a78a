import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Clock, waitAtMost } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { ProgramStream } from '../guard-protocol.ts';
import { splitLines } from '../line-splitter.ts';
import { terminateTree } from '../terminate-tree.ts';
import { Cgroup } from './cgroup.ts';
import { findCgroupHierarchy } from './cgroup-hierarchy.ts';
import { findHostProcess, type HostProcess } from './host-process.ts';
import {
  claimInstance,
  portsWithoutRunner,
  removeInstance,
  writeExitRecord,
  writeProgramRecord,
} from './instance-claim.ts';
import { makeHome, startProgram } from './instance-program.ts';
import { instanceTree } from './instance-tree.ts';
import { InstanceLogWriter } from './log-writer.ts';
import { type ReservedPort, reservePort } from './port-pool.ts';
import type { ExitRecord, RunnerAnswer, RunnerRequest } from './runner-protocol.ts';

/** How long to wait for the end of the output after all processes have ended. */
const DRAIN_MS = 2_000;
/** Of a program that a signal ended, for its parent: SIGKILL. */
const KILLED_CODE = 137;

type ProgramEnd = Pick<ExitRecord, 'code' | 'signal'>;

/** One instance in its runner, from the request to the record of its exit. */
export class InstanceRun {
  /** Resolves when the exit is recorded. */
  over: Promise<void> = Promise.resolve();
  readonly #request: RunnerRequest;
  readonly #clock: Clock;
  readonly #directory: string;
  readonly #log: InstanceLogWriter;
  #port: ReservedPort | undefined;
  #cgroups: { readonly own: Cgroup; readonly runners: Cgroup } | undefined;

  constructor(request: RunnerRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
    this.#directory = join(request.instancesDirectory, request.labels.id);
    this.#log = new InstanceLogWriter(this.#directory, request.log);
  }

  async start(): Promise<RunnerAnswer> {
    const { instancesDirectory, labels } = this.#request;
    const runner = findHostProcess(process.pid);
    if (runner === undefined) throw new Error('/proc does not show this process');
    const claimedAt = this.#clock.now().toISOString();
    if (!claimInstance(instancesDirectory, { labels, runner, claimedAt })) return { type: 'exists' };
    try {
      await this.#startProgram();
    } catch (error) {
      // A program that was started, but not with all that it needs.
      await this.#end(undefined, 0);
      this.#release();
      removeInstance(instancesDirectory, labels.id);
      return { type: 'failed', message: messageOf(error) };
    }
    return { type: 'started' };
  }

  async #startProgram(): Promise<void> {
    const { ports, instancesDirectory } = this.#request;
    if (ports !== undefined) {
      const taken = portsWithoutRunner(instancesDirectory);
      this.#port = await reservePort(ports, (port) => taken.has(port));
      if (this.#port === undefined)
        throw new Error(`all ports from ${ports.first} to ${ports.last} of 127.0.0.1 are in use`);
    }
    this.#cgroups = this.#createCgroups();
    const port = this.#port?.port;
    const start = await startProgram(this.#request, makeHome(this.#request), {
      port,
      cgroups: this.#cgroups,
    });
    const startedAt = this.#clock.now();
    if (start.type === 'ended') {
      this.#log.write('stderr', start.reason, startedAt);
      this.over = this.#finish({ code: start.code, signal: null });
      return;
    }
    const { child, pid } = start;
    const program = findHostProcess(pid) ?? endedAtOnce(pid);
    this.over = this.#watch(child, pid);
    writeProgramRecord(this.#directory, { program, port: port ?? null, startedAt: startedAt.toISOString() });
  }

  #createCgroups(): { readonly own: Cgroup; readonly runners: Cgroup } | undefined {
    const { cgroup } = this.#request;
    const hierarchy = cgroup === undefined ? undefined : findCgroupHierarchy();
    if (cgroup === undefined || hierarchy === undefined) return undefined;
    const own = new Cgroup(hierarchy, `${cgroup}/${this.#request.labels.id}`);
    const runners = new Cgroup(hierarchy, `${cgroup}/runners`);
    own.create();
    runners.create();
    return { own, runners };
  }

  async #watch(child: ChildProcess, pid: number): Promise<void> {
    const drained = Promise.all([this.#keep('stdout', child.stdout), this.#keep('stderr', child.stderr)]);
    const end = await new Promise<ProgramEnd>((resolve) =>
      child.once('exit', (code, signal) => resolve({ code, signal })),
    );
    // An instance is over with its program: what that left running would keep its memory and its port.
    await this.#end(pid, this.#request.killAfterMs);
    await waitAtMost(DRAIN_MS, drained);
    await this.#finish(end);
  }

  async #keep(stream: ProgramStream, source: Readable | null): Promise<void> {
    if (source === null) return;
    const lines = splitLines((line) => this.#log.write(stream, line, this.#clock.now()));
    source.on('data', (chunk: Uint8Array) => lines.push(chunk));
    source.on('error', () => {}); // 'close' follows
    await once(source, 'close');
    lines.end();
  }

  async #end(pid: number | undefined, killAfterMs: number): Promise<void> {
    const { mark } = this.#request;
    const tree = instanceTree({ mark, rootPid: pid, cgroup: this.#cgroups?.own });
    await terminateTree(tree, { killAtMs: this.#clock.monotonicMs() + killAfterMs }, this.#clock);
  }

  async #finish(end: ProgramEnd): Promise<void> {
    const isKilled = end.signal === 'SIGKILL' || end.code === KILLED_CODE;
    const isOutOfMemory = isKilled && (this.#cgroups?.own.oomKills() ?? 0) > 0;
    this.#log.close();
    writeExitRecord(this.#directory, { ...end, isOutOfMemory, at: this.#clock.now().toISOString() });
    this.#release();
  }

  #release(): void {
    this.#cgroups?.own.remove();
    this.#port?.release();
  }
}

/** A program that has ended already. No process has this identity. */
function endedAtOnce(pid: number): HostProcess {
  return { pid, startedAt: 0, bootId: '' };
}
