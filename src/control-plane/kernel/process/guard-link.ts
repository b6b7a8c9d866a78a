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

/** The program could not be started: `code` is that of the system (`ENOENT`, `EACCES`), or `GUARD_LOST`. */
export class SpawnFailedError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`the process could not be started: ${message}`);
    this.name = 'SpawnFailedError';
    this.code = code;
  }
}

/** The end of the worker of the socket to one guard. */
export interface GuardLink {
  send(request: GuardRequest): void;
  /** The pid of the child; rejects with SpawnFailedError. */
  readonly started: Promise<number>;
  /** Resolves when the guard has exited: with the exit of the child, or undefined when the guard did not report one. */
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
  // The exit event reports a dead guard; the error of a later write adds nothing.
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
