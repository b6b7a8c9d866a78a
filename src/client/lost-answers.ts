import { ApiError, UnreachableError } from './api-error.ts';

/** Responses to a request that the server did not begin to process. */
const NOT_PROCESSED = new Set([401, 403, 408, 429]);

/** Finds out whether a mutation that failed may have been done, by all of its attempts. */
export class LostAnswers {
  #isLost = false;

  /** Notes the error of one attempt, and throws it. */
  readonly note = (error: unknown): never => {
    this.#isLost ||= isLost(error);
    throw error;
  };

  /** Marks the error of the last attempt, and throws it. */
  readonly mark = (error: unknown): never => {
    if (this.#isLost && isOpen(error)) error.mayHaveBeenAccepted = true;
    throw error;
  };
}

function isLost(error: unknown): boolean {
  if (error instanceof UnreachableError) return error.wasSent;
  return error instanceof ApiError && isOpen(error) && !NOT_PROCESSED.has(error.status);
}

/** Any other answer is about the request itself: the server looks up the key first, and would have repeated its answer. */
function isOpen(error: unknown): error is ApiError | UnreachableError {
  if (error instanceof UnreachableError) return true;
  if (!(error instanceof ApiError)) return false;
  return error.status >= 500 || error.code === 'REQUEST_IN_FLIGHT' || NOT_PROCESSED.has(error.status);
}
