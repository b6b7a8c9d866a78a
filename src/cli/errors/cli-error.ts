import type { FieldProblem } from '../../contract/error-codes.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

export interface CliErrorOptions {
  readonly exitCode?: ExitCode;
  /** What to do: one line, lower case, without a full stop. */
  readonly hint?: string;
  readonly details?: readonly FieldProblem[];
  readonly retryable?: boolean;
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** An error that the user can act on. Everything else that is thrown counts as a bug. */
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

/** Invalid flags, arguments or values. */
export class UsageError extends CliError {
  constructor(message: string, options: Omit<CliErrorOptions, 'exitCode'> = {}) {
    super('USAGE', message, { ...options, exitCode: EXIT.usage });
  }
}

/** A signal ended the waiting. The operation on the server continues; the hint has the command that resumes the waiting. */
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

/** `--timeout` passed while the operation is still running. */
export class StillRunningError extends CliError {
  constructor(message: string, hint: string | undefined) {
    super('STILL_RUNNING', message, {
      exitCode: EXIT.stillRunning,
      retryable: true,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** The awaited operation failed. */
export class OperationFailedError extends CliError {
  constructor(code: string, message: string, options: Omit<CliErrorOptions, 'exitCode'> = {}) {
    super(code, message, { ...options, exitCode: EXIT.operationFailed });
  }
}
