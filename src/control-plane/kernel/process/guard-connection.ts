import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import {
  CONTROL_DESCRIPTOR,
  decodeMessage,
  encodeMessage,
  type GuardReport,
  type GuardRequest,
  MAX_MESSAGE_BYTES,
} from './guard-protocol.ts';
import { splitLines } from './line-splitter.ts';

/**
 * Resident memory of the guard: 51 MB with one job, 53 MB with 10, 60 MB with 50 (0.2 MB more per job); 78 MB with 50
 * without the limit on young objects. A process for each job took 50 MB per job (11 MB its own), and a third of a core for 50 of them.
 */
const HEAP_OPTIONS = ['--max-semi-space-size=1'];

export interface GuardConnectionOptions {
  /** The built guard, `dist/guard.js`. */
  readonly guardPath: string;
  readonly onReport: (report: GuardReport) => void;
}

/** A running guard process and the socket to it. */
export class GuardConnection {
  readonly pid: number;
  /** Resolves when the guard has ended and all its reports were read. */
  readonly gone: Promise<unknown>;
  readonly #process: ChildProcess;
  readonly #control: Socket;

  constructor({ guardPath, onReport }: GuardConnectionOptions) {
    // In a new session, so that Ctrl-C in a terminal drains the server and does not kill its children.
    this.#process = spawn(process.execPath, [...HEAP_OPTIONS, guardPath], {
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
    });
    this.pid = this.#process.pid ?? 0;
    this.#control = controlOf(this.#process);
    const lines = splitLines((line) => onReport(decodeMessage<GuardReport>(line)), MAX_MESSAGE_BYTES);
    this.#control.on('data', (chunk: Uint8Array) => lines.push(chunk));
    // The exit event reports a dead guard; the error of a later write adds nothing.
    this.#control.on('error', () => {});
    this.gone = this.#whenGone();
  }

  send(request: GuardRequest): void {
    if (this.#control.writable) this.#control.write(encodeMessage(request));
  }

  /** A guard with nothing to do ends. */
  close(): void {
    this.#control.end();
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Whether this process stays alive for the guard. */
  keepAlive(isNeeded: boolean): void {
    if (isNeeded) {
      this.#process.ref();
      this.#control.ref();
    } else {
      this.#process.unref();
      this.#control.unref();
    }
  }

  #whenGone(): Promise<unknown> {
    const closed = new Promise((resolve) => this.#control.once('close', resolve));
    const ended = new Promise((resolve) => this.#process.once('exit', resolve).once('error', resolve));
    return Promise.all([ended, closed]);
  }
}

function controlOf(guard: ChildProcess): Socket {
  const control = guard.stdio[CONTROL_DESCRIPTOR];
  if (!(control instanceof Socket)) throw new TypeError('the guard was started without its control socket');
  return control;
}
