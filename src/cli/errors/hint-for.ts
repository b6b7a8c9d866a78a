import { ApiError } from '../../client/api-error.ts';
import { CliError } from './cli-error.ts';
import { exitCodeForStatus } from './exit-codes.ts';

/** Sends a request. An error of the API with this code gets a hint that only the command knows. */
export async function withHintFor<T>(code: string, hint: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== code) throw error;
    const { message, status, errors: details, requestId } = error;
    throw new CliError(code, message, {
      exitCode: exitCodeForStatus(status),
      hint,
      details,
      cause: error,
      ...(requestId === undefined ? {} : { requestId }),
    });
  }
}
