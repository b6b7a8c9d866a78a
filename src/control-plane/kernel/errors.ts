import { ERRORS, type ErrorCode, type FieldProblem } from '../../contract/error-codes.ts';

export interface ErrorDetails {
  readonly errors?: readonly FieldProblem[];
  /** Seconds after which a retry makes sense; becomes the Retry-After header. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error that a caller can act on: its message is a sentence for a person, its code is for a script. */
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

/** The worker's lease is over or another attempt holds the fence: whatever it wanted to write is refused. */
export class LeaseLostError extends Error {
  constructor(resourceId: string, fence: number) {
    super(`the lease on ${resourceId} (fence ${fence}) is lost`);
    this.name = 'LeaseLostError';
  }
}

/** The operator has to change something before the server can start: the message says what. */
export class SetupError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SetupError';
    this.hint = options.hint;
  }
}

/** @returns the message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The database cannot answer now (gone, restarting, full, too slow); what was acknowledged before stays true. */
export class DatabaseUnavailableError extends AppError {
  /** What to tell a caller: no name of a host, a file or a statement. */
  readonly callerMessage: string;

  constructor(message: string, cause?: unknown, callerMessage = 'The database cannot be reached.') {
    super('UNAVAILABLE', message, { retryAfterSeconds: 2, cause });
    this.callerMessage = callerMessage;
  }
}
