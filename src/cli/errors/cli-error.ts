import type { FieldProblem } from '../../contract/error-codes.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

export interface CliErrorOptions {
  readonly exitCode?: ExitCode;
  /** What to do about it: one line, without a full stop where it ends in a command. */
  readonly hint?: string;
  readonly details?: readonly FieldProblem[];
  readonly retryable?: boolean;
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** An error that the person at the terminal can act on. Everything else that is thrown counts as our bug. */
export class CliError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly details: readonly FieldProblem[];
  readonly retryable: boolean;
  readonly requestId: string | undefined;

  constructor(code: string, message: string, options: CliErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.exitCode = options.exitCode ?? EXIT.error;
    this.hint = options.hint;
    this.details = options.details ?? [];
    this.retryable = options.retryable ?? false;
    this.requestId = options.requestId;
  }
}

/** The command line itself is wrong. */
export class UsageError extends CliError {
  constructor(message: string, options: Omit<CliErrorOptions, 'exitCode'> = {}) {
    super('USAGE', message, { ...options, exitCode: EXIT.usage });
  }
}

/** A signal ended the waiting. The work on the server goes on; the hint says how to return to it. */
export class InterruptedError extends CliError {
  readonly signal: 'SIGINT' | 'SIGTERM';

  constructor(signal: 'SIGINT' | 'SIGTERM', message = 'interrupted', hint?: string) {
    super('INTERRUPTED', message, {
      exitCode: signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated,
      ...(hint === undefined ? {} : { hint }),
    });
    this.signal = signal;
  }
}

/** `--timeout` passed while the work still goes on. */
export class StillRunningError extends CliError {
  constructor(message: string, hint: string) {
    super('STILL_RUNNING', message, { exitCode: EXIT.stillRunning, hint, retryable: true });
  }
}

/** The operation that we waited for failed; its job says why. */
export class OperationFailedError extends CliError {
  constructor(code: string, message: string, options: Omit<CliErrorOptions, 'exitCode'> = {}) {
    super(code, message, { ...options, exitCode: EXIT.operationFailed });
  }
}
