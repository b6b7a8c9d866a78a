import { ERRORS, type ErrorCode, type FieldProblem } from '../../contract/error-codes.ts';
import { systemErrorHint } from '../../contract/system-error-hint.ts';

export interface ErrorDetails {
  readonly errors?: readonly FieldProblem[];
  /** Seconds after which a retry makes sense; becomes the Retry-After header. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error for the caller: its message is for a person, its code for a script. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly errors: readonly FieldProblem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = ERRORS[code].status;
    this.errors = details.errors ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** The lease of the worker has expired or another attempt has the fence, so a write was rejected. */
export class LeaseLostError extends Error {
  constructor(resourceId: string, fence: number) {
    super(`the lease on ${resourceId} (fence ${fence}) is lost`);
    this.name = 'LeaseLostError';
  }
}

/** The lease of a run of a periodic task is over, so a write was rejected: another process may have the run. */
export class TaskLostError extends Error {
  constructor(task: string) {
    super(`the lease on this run of ${task} is lost`);
    this.name = 'TaskLostError';
  }
}

/** The operator has to change something before the server can start. */
export class SetupError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SetupError';
    this.hint = options.hint;
  }
}

/** The operator named something that does not exist. */
export class UnknownNameError extends SetupError {
  constructor(message: string, options: { hint: string }) {
    super(message, options);
    this.name = 'UnknownNameError';
  }
}

/** @returns the message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** @returns the code of a failed system call (`ENOSPC`); undefined for any other error */
export function systemCodeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'syscall' in thrown && 'code' in thrown ? String(thrown.code) : undefined;
}

/** A file that the server needs cannot be read or written. The error of the system call is the reason. */
export function fileError(what: string, cause: unknown): SetupError {
  const hint = systemErrorHint(systemCodeOf(cause));
  return new SetupError(`${what}: ${messageOf(cause)}`, { ...(hint === undefined ? {} : { hint }), cause });
}

/** @returns what a file operation gives; undefined when the file does not exist */
export async function ifExists<Result>(operation: Promise<Result>): Promise<Result | undefined> {
  try {
    return await operation;
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** The database does not answer: unreachable, restarting, full or too slow. Acknowledged writes are not lost. */
export class DatabaseUnavailableError extends AppError {
  /** The message for a caller, without host, file or statement names. */
  readonly callerMessage: string;

  constructor(message: string, cause?: unknown, callerMessage = 'The database cannot be reached.') {
    super('UNAVAILABLE', message, { retryAfterSeconds: 2, cause });
    this.callerMessage = callerMessage;
  }
}

/** The database takes no writes until its disk has space again. */
export class DatabaseFullError extends DatabaseUnavailableError {
  readonly hint = systemErrorHint('ENOSPC');

  constructor(cause: unknown) {
    super('the disk of the database is full', cause, 'The disk of the database is full.');
  }
}
