import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { messageOf, systemCodeOf } from '../errors.ts';
import { type Descendants, MARK_VARIABLE, trackDescendants } from './descendants.ts';
import {
  type GuardedExit,
  type GuardReport,
  type GuardRequest,
  hostMonotonicMs,
  type ProgramConfinement,
  type ProgramStream,
  type StartRequest,
} from './guard-protocol.ts';
import { GuardedOutput } from './guarded-output.ts';
import type { ProcessTable } from './process-table.ts';
import { type KillTimer, terminateTree } from './terminate-tree.ts';

type TreeRequest = Extract<GuardRequest, { type: 'start' }>;

/**
 * One program of a worker and all its descendants. They are terminated when the worker requests it, dies, or is silent until its lease is
 * about to expire, and when the program has exited.
 */
export class GuardedTree {
  /** Resolves when no process of the tree is left and its last report was sent. */
  readonly over: Promise<void>;
  readonly #request: TreeRequest;
  readonly #report: (report: GuardReport) => void;
  readonly #outputs = new Map<ProgramStream, GuardedOutput>();
  readonly #killTimer: KillTimer = { killAtMs: Number.POSITIVE_INFINITY };
  #leaseEndsAtMs: number;
  #descendants: Descendants | undefined;
  #endedBy: GuardedExit['endedBy'] | undefined;
  #treeEnded: Promise<void> | undefined;

  /** Starts the program and reports its pid, or why it cannot be started. */
  constructor(request: TreeRequest, table: ProcessTable, report: (report: GuardReport) => void) {
    this.#request = request;
    this.#leaseEndsAtMs = request.leaseEndsAtMs;
    this.#report = report;
    this.over = this.#run(table);
  }

  renew(leaseEndsAtMs: number): void {
    this.#leaseEndsAtMs = leaseEndsAtMs;
  }

  acknowledge(stream: ProgramStream, bytes: number): void {
    this.#outputs.get(stream)?.acknowledge(bytes);
  }

  /** The tree has to end within the lease: the worker is gone, and no one reads the output any more, or its lease is about to end. */
  async orphaned(isWorkerGone: boolean): Promise<void> {
    if (isWorkerGone) for (const output of this.#outputs.values()) output.discard();
    await this.#end('guard', this.#orphanGraceMs());
  }

  abort(): void {
    void this.#end('abort', this.#request.start.killAfterMs);
  }

  /** Sees descendants before their parents exit. */
  scan(): void {
    if (this.#treeEnded === undefined) this.#descendants?.scan();
  }

  async #run(table: ProcessTable): Promise<void> {
    const { id, start, leaseMs } = this.#request;
    const child = launch(start);
    if (typeof child === 'string' || child.pid === undefined) {
      const { code, message } =
        typeof child === 'string' ? { code: 'UNKNOWN', message: child } : await failureOf(child);
      this.#report({ type: 'failed', id, code, message });
      return;
    }
    const exited = new Promise<Pick<GuardedExit, 'code' | 'signal'>>((resolve) =>
      child.once('exit', (code, signal) => resolve({ code, signal })),
    );
    try {
      confine(child.pid, start.confinement);
    } catch (error) {
      child.kill('SIGKILL');
      await exited;
      this.#report({ type: 'failed', id, code: systemCodeOf(error) ?? 'UNKNOWN', message: messageOf(error) });
      return;
    }
    child.stdin?.on('error', () => {}).end('\n');
    this.#descendants = trackDescendants(table, {
      mark: start.mark,
      rootPid: child.pid,
      selfPid: process.pid,
    });
    this.#report({ type: 'started', id, pid: child.pid });
    for (const stream of start.outputs) this.#passOn(stream, child);
    this.#descendants.scan();
    const leaseTimer = setInterval(() => this.#watchLease(), Math.max(leaseMs / 50, 5));
    const exit = await exited;
    const endedBy = this.#endedBy ?? 'itself';
    // Processes that the child left running are terminated too: they would continue after their step has ended.
    await this.#end(endedBy, start.killAfterMs);
    clearInterval(leaseTimer);
    await Promise.all([...this.#outputs.values()].map((output) => output.drain()));
    this.#report({ type: 'exited', id, exit: { ...exit, endedBy } });
  }

  #passOn(stream: ProgramStream, child: ChildProcess): void {
    const source = child[stream];
    if (source === null) return;
    const { id } = this.#request;
    const send = (chunk: Buffer) =>
      this.#report({ type: 'output', id, stream, base64: chunk.toString('base64') });
    this.#outputs.set(stream, new GuardedOutput(source, send));
  }

  #watchLease(): void {
    if (!this.#isLeaseEnding()) return;
    // On a host that is busy the guard may run late: heartbeats that have arrived meanwhile are read first.
    setImmediate(() => {
      if (this.#isLeaseEnding()) void this.orphaned(false);
    });
  }

  #isLeaseEnding(): boolean {
    const marginMs = this.#request.leaseMs / 10;
    return hostMonotonicMs() >= this.#leaseEndsAtMs - this.#orphanGraceMs() - marginMs;
  }

  /** Grace period for a tree whose worker is dead: it must end within the lease. */
  #orphanGraceMs(): number {
    return Math.min(this.#request.start.killAfterMs, this.#request.leaseMs / 3);
  }

  async #end(by: GuardedExit['endedBy'], graceMs: number): Promise<void> {
    this.#killTimer.killAtMs = Math.min(this.#killTimer.killAtMs, systemClock.monotonicMs() + graceMs);
    this.#endedBy ??= by;
    if (this.#descendants !== undefined)
      this.#treeEnded ??= terminateTree(this.#descendants, this.#killTimer, systemClock);
    await this.#treeEnded;
  }
}

/** Waits for a line, so that the program and all that it starts have the priority and the cgroups that it is given meanwhile. */
const GATE = ['/bin/sh', '-c', 'read -r _ && exec "$@" </dev/null', 'sh'] as const;

/** Starts the child in a new session, with the given environment and the mark, and without stdin. @returns it, or why it cannot be started */
function launch({ file, args, cwd, env, mark, outputs, confinement }: StartRequest): ChildProcess | string {
  const pipeIf = (stream: ProgramStream) => (outputs.includes(stream) ? 'pipe' : 'ignore');
  const isGated = confinement?.niceness !== undefined || (confinement?.cgroups ?? []).length > 0;
  const [program, ...words] = isGated ? [...GATE, file, ...args] : [file, ...args];
  try {
    return spawn(program, words, {
      cwd,
      env: { ...env, [MARK_VARIABLE]: mark },
      stdio: [isGated ? 'pipe' : 'ignore', pipeIf('stdout'), pipeIf('stderr')],
      detached: true,
      ...confinement?.user,
    });
  } catch (error) {
    return messageOf(error);
  }
}

function failureOf(child: ChildProcess): Promise<{ code: string; message: string }> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ code: error.code ?? 'UNKNOWN', message: error.message }),
    );
  });
}

/**
 * Programs run with a lower priority than workers and guards, which must renew leases and end trees in time however busy the host is.
 * @throws the error of the system when it cannot join a cgroup: without its limits it must not run
 */
function confine(pid: number, { niceness, cgroups = [] }: ProgramConfinement = {}): void {
  try {
    setPriority(pid, niceness ?? constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system has no priorities: then it runs like any other process.
  }
  for (const directory of cgroups) writeFileSync(join(directory, 'cgroup.procs'), String(pid));
}
