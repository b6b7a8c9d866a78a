import { idempotencyKey } from '../client/api-client.ts';
import { ApiError, UnreachableError } from '../client/api-error.ts';
import { CliError, UsageError } from './errors/cli-error.ts';
import { reportError } from './errors/error-report.ts';

export interface SendOnceOptions {
  /** Flags of the command: the key that the user repeats it with, if any. */
  readonly flags: {
    readonly 'idempotency-key'?: string | undefined;
    /** Changes nothing, so a lost answer is an error like any other. */
    readonly 'dry-run'?: boolean | undefined;
  };
  /** The command that shows whether the change was made. */
  readonly check: string;
  /** False if the request differs each time that the command runs, so that a key cannot be used again (default true). */
  readonly isRepeatable?: boolean;
}

/**
 * Sends a request that changes something, with an idempotency key. If its answer is lost, the error says so, how to find out what
 * happened, and how to repeat the command safely.
 */
export async function sendOnce<T>(options: SendOnceOptions, send: (key: string) => Promise<T>): Promise<T> {
  const key = keyOf(options.flags['idempotency-key']);
  try {
    return await send(key);
  } catch (error) {
    const isLost =
      (error instanceof ApiError || error instanceof UnreachableError) && error.mayHaveBeenAccepted;
    throw isLost && options.flags['dry-run'] !== true ? lostAnswerError(error, key, options) : error;
  }
}

function keyOf(given: string | undefined): string {
  // As the API has it; line breaks and the like cannot be sent at all.
  if (given !== undefined && !/^[\w-]{16,128}$|^"[\w-]{16,128}"$/.test(given)) {
    throw new UsageError('invalid --idempotency-key: use 16 to 128 letters, digits, - and _');
  }
  return given ?? idempotencyKey();
}

function lostAnswerError(
  error: ApiError | UnreachableError,
  key: string,
  options: SendOnceOptions,
): CliError {
  const { code, message, exitCode, requestId } = reportError(error);
  const repeat =
    options.isRepeatable === false
      ? ''
      : `; to repeat it safely, run the command again with --idempotency-key ${key}`;
  return new CliError(code, `${message.replace(/\.$/, '')}; the request may have been accepted`, {
    exitCode,
    hint: `check with '${options.check}'${repeat}`,
    retryable: true,
    cause: error,
    ...(requestId === null ? {} : { requestId }),
  });
}
