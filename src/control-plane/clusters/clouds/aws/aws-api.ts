import { setMaxListeners } from 'node:events';
import { equalJitterMs } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { AwsClients } from './aws-clients.ts';
import { awsErrorCode, isThrottling, toAwsError } from './aws-error.ts';

/** Calls to AWS, with retries while it throttles. */
export interface AwsApi {
  readonly clients: AwsClients;
  readonly now: () => Date;
  /**
   * Sends a request, and repeats it with back-off while AWS throttles.
   * @throws AwsError; errors named in `expected` are rethrown as the SDK's own
   */
  call<T>(
    what: string,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
    expected?: readonly string[],
  ): Promise<T>;
}

const THROTTLED_TRIES = 8;
const BACKOFF = { baseMs: 500, maxMs: 20_000 };

export function createAwsApi(
  clients: AwsClients,
  clock: Pick<Clock, 'sleep' | 'now'>,
  random: () => number,
  stop: AbortSignal,
  onQuestion?: (question: string) => void,
): AwsApi {
  const signal = AbortSignal.any([stop]);
  // Each pending request adds a listener, and a read-back has dozens at once.
  setMaxListeners(0, signal);
  return {
    clients,
    now: () => clock.now(),
    async call(what, send, expected = []) {
      for (let tries = 1; ; tries++) {
        signal.throwIfAborted();
        onQuestion?.(what);
        try {
          return await send({ abortSignal: signal });
        } catch (error) {
          signal.throwIfAborted();
          if (expected.includes(awsErrorCode(error) ?? '')) throw error;
          if (!isThrottling(error) || tries === THROTTLED_TRIES) throw toAwsError(error, what);
        }
        await clock.sleep(equalJitterMs(BACKOFF, tries, random), signal);
      }
    },
  };
}

/** @returns undefined if the call fails with an error of `missing`: what it asks for does not exist. */
export async function callUnlessMissing<T>(
  aws: AwsApi,
  what: string,
  missing: readonly string[],
  send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await aws.call(what, send, missing);
  } catch (error) {
    if (missing.includes(awsErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** @returns all items of a paged listing; `fetchPage` gets the token of the page to read and returns that of the next. */
export async function allAwsPages<T>(
  fetchPage: (
    pageToken: string | undefined,
  ) => Promise<{ readonly items: readonly T[]; readonly next?: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let pageToken: string | undefined;
  do {
    const { items, next } = await fetchPage(pageToken);
    all.push(...items);
    pageToken = next;
  } while (pageToken !== undefined && pageToken !== '');
  return all;
}
