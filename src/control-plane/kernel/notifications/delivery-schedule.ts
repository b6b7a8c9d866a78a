/** What became of one attempt to tell a target. */
export type AttemptResult =
  | { readonly kind: 'delivered'; readonly text: string }
  /** The target answered, and did not accept. */
  | { readonly kind: 'rejected'; readonly httpStatus: number; readonly retryAfterMs?: number }
  /** It could not be asked. `isFinal`: asking again gives the same, as for an address that is not permitted. */
  | { readonly kind: 'unreachable'; readonly text: string; readonly isFinal?: boolean };

export type DeliveryStep =
  | { readonly status: 'DELIVERED' | 'FAILED'; readonly result: string; readonly disables?: boolean }
  | { readonly status: 'PENDING'; readonly result: string; readonly retryInMs: number };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits before the attempts after the first: ten attempts over 75 h 35 min, as Standard Webhooks 1.0.0 recommends. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** A target that does not know us, or does not understand the event, is not asked for days. */
const FEW_ATTEMPTS = 3;
const PASSING = new Set([408, 425, 429]);
/** A target that answers 410 is gone (Standard Webhooks 1.0.0). */
const GONE = 410;
const MAX_RETRY_AFTER_MS = 24 * HOUR;

/**
 * @param attempts those made so far, including this one
 * @param random from 0 to 1: each wait is up to a tenth longer, so that targets of one outage are not asked at the same moment
 */
export function nextStep(result: AttemptResult, attempts: number, random: number): DeliveryStep {
  switch (result.kind) {
    case 'delivered':
      return { status: 'DELIVERED', result: result.text };
    case 'unreachable':
      return result.isFinal === true
        ? { status: 'FAILED', result: result.text }
        : retry(result.text, attempts, { random });
    case 'rejected': {
      const { httpStatus, retryAfterMs = 0 } = result;
      const text = `HTTP ${httpStatus}`;
      if (httpStatus === GONE) return { status: 'FAILED', result: text, disables: true };
      const isPermanent = httpStatus < 500 && !PASSING.has(httpStatus);
      return retry(text, attempts, {
        random,
        atLeastMs: retryAfterMs,
        most: isPermanent ? FEW_ATTEMPTS : 10,
      });
    }
  }
}

function retry(
  result: string,
  attempts: number,
  { random, atLeastMs = 0, most = 10 }: { random: number; atLeastMs?: number; most?: number },
): DeliveryStep {
  const delay = RETRY_DELAYS_MS[attempts - 1];
  if (delay === undefined || attempts >= most) return { status: 'FAILED', result };
  const retryInMs = Math.max(delay * (1 + random / 10), Math.min(atLeastMs, MAX_RETRY_AFTER_MS));
  return { status: 'PENDING', result, retryInMs };
}
