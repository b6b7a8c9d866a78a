import type {
  GuardedExit,
  GuardReport,
  GuardRequest,
  ProgramConfinement,
  ProgramStream,
} from './guard-protocol.ts';
import { type LineSplitter, splitLines } from './line-splitter.ts';

/** The program could not be started: `code` is that of the system (`ENOENT`, `EACCES`). */
export class SpawnFailedError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`the process could not be started: ${message}`);
    this.name = 'SpawnFailedError';
    this.code = code;
  }
}

/** The guard died, and with it the program. */
export class GuardLostError extends Error {
  constructor() {
    super('the process that guards the programs of jobs was killed, so this one was stopped');
    this.name = 'GuardLostError';
  }
}

/** The guard stopped the program, because the worker was silent until its lease was about to end: the host is too busy, or was frozen. */
export class WorkerSilentError extends Error {
  constructor() {
    super('the program was stopped because the worker stopped its heartbeats');
    this.name = 'WorkerSilentError';
  }
}

/** @throws GuardLostError and WorkerSilentError when the program did not end by itself, and its worker did not end it */
export function assertGuarded({ endedBy }: GuardedExit): void {
  if (endedBy === 'worker') throw new GuardLostError();
  if (endedBy === 'guard') throw new WorkerSilentError();
}

export interface GuardedCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the child; the guard adds only its mark. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Aborting it terminates the tree: SIGTERM, then SIGKILL after `killAfterMs`. */
  readonly signal: AbortSignal;
  readonly killAfterMs: number;
  /** Remaining lease of the job, read at each heartbeat; used when it is shorter than the worker's. */
  readonly leaseRemainingMs?: () => number;
  /** Owner of the tree, by which `endOrphanedProcesses` finds it. Letters, digits, `_` and `-`. */
  readonly owner?: string;
  readonly confinement?: ProgramConfinement;
  /** Called with whole lines without line ends, at most 64 KiB. A stream without a listener goes to /dev/null. */
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
}

export interface GuardedProcess {
  readonly pid: number;
  readonly guardPid: number;
  /** Resolves when the whole tree has ended and its last line was delivered. Never rejects. */
  readonly exited: Promise<GuardedExit>;
}

export interface GuardedProgramOptions {
  /** In the environment of all its processes. */
  readonly mark: string;
  readonly leaseMs: number;
  readonly send: (request: GuardRequest) => void;
}

type ReportOfProgram = Exclude<GuardReport, { type: 'alive' }>;

/** The worker's side of one program that runs under its guard. */
export class GuardedProgram {
  readonly id: number;
  readonly mark: string;
  readonly started: Promise<number>;
  readonly exited: Promise<GuardedExit>;
  /** Resolves when it was not started or has exited. */
  readonly over: Promise<unknown>;
  readonly #command: GuardedCommand;
  readonly #o: GuardedProgramOptions;
  readonly #lines = new Map<ProgramStream, LineSplitter>();
  #resolveStarted = (_pid: number): void => {};
  #rejectStarted = (_error: Error): void => {};
  #resolveExited = (_exit: GuardedExit): void => {};

  constructor(id: number, command: GuardedCommand, options: GuardedProgramOptions) {
    this.id = id;
    this.mark = options.mark;
    this.#command = command;
    this.#o = options;
    this.started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve;
      this.#rejectStarted = reject;
    });
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    this.over = this.started.then(() => this.exited).catch(() => undefined);
    const { onStdoutLine, onStderrLine } = command;
    if (onStdoutLine !== undefined) this.#lines.set('stdout', splitLines(onStdoutLine));
    if (onStderrLine !== undefined) this.#lines.set('stderr', splitLines(onStderrLine));
  }

  get killAfterMs(): number {
    return this.#command.killAfterMs;
  }

  leaseEndsAtMs(nowMs: number): number {
    return nowMs + this.#leaseMs();
  }

  start(nowMs: number): void {
    const { file, args, env, cwd, killAfterMs, confinement = {}, signal } = this.#command;
    const { send, mark } = this.#o;
    const outputs = [...this.#lines.keys()];
    const start = { file, args, env, cwd, mark, outputs, killAfterMs, confinement };
    const leaseMs = this.#leaseMs();
    send({ type: 'start', id: this.id, start, leaseMs, leaseEndsAtMs: nowMs + leaseMs });
    const abort = () => send({ type: 'end', id: this.id });
    signal.addEventListener('abort', abort, { once: true });
    void this.over.then(() => signal.removeEventListener('abort', abort));
  }

  receive(report: ReportOfProgram): void {
    switch (report.type) {
      case 'started':
        this.#resolveStarted(report.pid);
        break;
      case 'failed':
        this.#rejectStarted(new SpawnFailedError(report.code, report.message));
        break;
      case 'output': {
        const bytes = Buffer.from(report.base64, 'base64');
        this.#lines.get(report.stream)?.push(bytes);
        this.#o.send({ type: 'read', id: this.id, stream: report.stream, bytes: bytes.length });
        break;
      }
      case 'exited':
        this.#exit(report.exit);
        break;
    }
  }

  /** Its guard died, and its processes have ended. */
  lose(): void {
    this.#rejectStarted(new GuardLostError());
    this.#exit({ code: null, signal: null, endedBy: this.#command.signal.aborted ? 'abort' : 'worker' });
  }

  #exit(exit: GuardedExit): void {
    for (const lines of this.#lines.values()) lines.end();
    this.#resolveExited(exit);
  }

  #leaseMs(): number {
    return Math.min(this.#o.leaseMs, this.#command.leaseRemainingMs?.() ?? this.#o.leaseMs);
  }
}
