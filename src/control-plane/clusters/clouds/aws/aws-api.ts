import { setMaxListeners } from 'node:events';
import type { Clock } from '../../../kernel/clock.ts';
import type { AwsClients } from './aws-clients.ts';
import { awsErrorCode, isThrottling, toAwsError } from './aws-error.ts';

/** One look at AWS: what it asks with, and the only way to ask. */
export interface AwsApi {
  readonly clients: AwsClients;
  readonly now: () => Date;
  /**
   * Sends one request; asks again, later and later, while AWS says that it is asked too much.
   * @throws AwsError for all but what `expected` names, which comes as the SDK's own error
   */
  call<T>(
    what: string,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
    expected?: readonly string[],
  ): Promise<T>;
}

const THROTTLED_TRIES = 8;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

export function createAwsApi(
  clients: AwsClients,
  clock: Pick<Clock, 'sleep' | 'now'>,
  random: () => number,
  stop: AbortSignal,
): AwsApi {
  const signal = AbortSignal.any([stop]);
  // Every request under way listens, and a look has dozens.
  setMaxListeners(0, signal);
  return {
    clients,
    now: () => clock.now(),
    async call(what, send, expected = []) {
      for (let tries = 1; ; tries++) {
        signal.throwIfAborted();
        try {
          return await send({ abortSignal: signal });
        } catch (error) {
          signal.throwIfAborted();
          if (expected.includes(awsErrorCode(error) ?? '')) throw error;
          if (!isThrottling(error) || tries === THROTTLED_TRIES) throw toAwsError(error, what);
        }
        await clock.sleep(pauseMs(tries, random()), signal);
      }
    },
  };
}

/** Doubles with each try; half of it is left to chance, so that many workers do not come back together. */
export function pauseMs(tries: number, chance: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
  return Math.round(longest * (0.5 + chance / 2));
}

/** All items of a paged listing; `fetchPage` gets the mark of the page before and gives the next one, while there is one. */
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
