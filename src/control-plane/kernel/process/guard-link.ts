import type { ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import {
  CONTROL_DESCRIPTOR,
  decodeMessage,
  encodeMessage,
  type GuardedExit,
  type GuardReport,
  type GuardRequest,
} from './guard-protocol.ts';
import { splitLines } from './line-splitter.ts';

/** The program could not be started: `code` is the system's (`ENOENT`, `EACCES`), or `GUARD_LOST`. */
export class SpawnFailedError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`the process could not be started: ${message}`);
    this.name = 'SpawnFailedError';
    this.code = code;
  }
}

/** The worker's end of the socket to one guard. */
export interface GuardLink {
  send(request: GuardRequest): void;
  /** The child's pid; rejects with SpawnFailedError. */
  readonly started: Promise<number>;
  /** Resolves when the guard has left: with the child's end, or with undefined when it left without a word. */
  readonly over: Promise<GuardedExit | undefined>;
}

export function linkToGuard(guard: ChildProcess): GuardLink {
  const control = controlOf(guard);
  let exit: GuardedExit | undefined;
  let lost = (_why: string): void => {};
  const started = new Promise<number>((resolve, reject) => {
    lost = (why) => reject(new SpawnFailedError('GUARD_LOST', why));
    const lines = splitLines((line) => {
      const report = decodeMessage<GuardReport>(line);
      if (report.type === 'started') resolve(report.pid);
      else if (report.type === 'failed') reject(new SpawnFailedError(report.code, report.message));
      else exit = report.exit;
    });
    control.on('data', (chunk: Uint8Array) => lines.push(chunk));
  });
  // A guard that is gone shows as its exit; a write that comes too late for it says nothing more.
  control.on('error', () => {});

  const controlClosed = new Promise<void>((resolve) => control.once('close', () => resolve()));
  const guardGone = new Promise<string>((resolve) => {
    guard.once('exit', (code, signal) =>
      resolve(`the guard ended (${signal ?? code}) before the process began`),
    );
    guard.once('error', (error) => resolve(error.message));
  });
  const over = Promise.all([guardGone, controlClosed]).then(([why]) => {
    lost(why);
    return exit;
  });
  return {
    send: (request) => {
      if (control.writable) control.write(encodeMessage(request));
    },
    started,
    over,
  };
}

function controlOf(guard: ChildProcess): Duplex {
  const control = guard.stdio[CONTROL_DESCRIPTOR];
  if (!(control instanceof Duplex)) throw new TypeError('the guard was started without its control socket');
  return control;
}
