import { equalJitterMs } from '../../../kernel/backoff.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { statusError, unexpectedResponse, unreachableError } from './ibmcloud-error.ts';

export interface IbmcloudConnection {
  /** If undefined, every request fails with CREDENTIALS_MISSING. */
  readonly apiKey: string | undefined;
  /** URL to use for all services of IBM Cloud. */
  readonly endpoint?: string | undefined;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: () => number;
}

interface RawRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Statuses that are returned like 2xx instead of thrown. */
  readonly accepted?: readonly number[];
}

const REQUEST_TIMEOUT_MS = 30_000;
const THROTTLED_TRIES = 8;
const UNAVAILABLE_TRIES = 4;
const BACKOFF = { baseMs: 500, maxMs: 20_000 };

/**
 * Sends a request, and repeats it with back-off while IBM Cloud throttles or is unavailable.
 * @returns the status and JSON of a 2xx or accepted response
 * @throws IbmcloudError for any other
 */
export async function sendRequest(
  { clock, random }: Pick<IbmcloudConnection, 'clock' | 'random'>,
  what: string,
  request: RawRequest,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { signal, accepted = [] } = request;
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    const answer = await sendOnce(request).catch((error: unknown) => {
      signal.throwIfAborted();
      return { failure: unreachableError(what, error) };
    });
    if (!('failure' in answer) && (answer.ok || accepted.includes(answer.status))) {
      return { status: answer.status, body: parseResponseBody(what, answer.text) };
    }
    const failure = 'failure' in answer ? answer.failure : statusError(what, answer.status);
    const most = failure.code === 'CLOUD_THROTTLED' ? THROTTLED_TRIES : UNAVAILABLE_TRIES;
    if (!failure.retryable || tries >= most) throw failure;
    const asked = 'failure' in answer ? 0 : answer.retryAfterMs;
    await clock.sleep(Math.max(asked, equalJitterMs(BACKOFF, tries, random)), signal);
  }
}

async function sendOnce({ url, method, headers, body, signal }: RawRequest) {
  const response = await fetch(url, {
    method,
    headers,
    // A redirect would send the token to another host.
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    ...(body === undefined ? {} : { body }),
  });
  const seconds = Number(response.headers.get('retry-after') ?? 0);
  return {
    ok: response.ok,
    status: response.status,
    retryAfterMs: Number.isFinite(seconds) ? Math.min(seconds * 1000, BACKOFF.maxMs) : 0,
    text: await response.text(),
  };
}

function parseResponseBody(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unexpectedResponse(what, 'not JSON');
  }
}
