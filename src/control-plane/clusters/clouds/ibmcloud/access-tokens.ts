import * as z from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { type IbmcloudConnection, sendRequest } from './ibmcloud-connection.ts';
import { missingApiKey, statusError, unexpectedResponse } from './ibmcloud-error.ts';
import { ibmcloudUrl } from './ibmcloud-url.ts';

/** The bearer tokens for which an API key is exchanged; each lives for an hour. */
export interface AccessTokens {
  current(signal: AbortSignal): Promise<string>;
  /** Forgets a token that was refused, so that the next is a fresh one. */
  invalidate(token: string): void;
}

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
/** How IAM answers for a key that it does not know. */
const BAD_REQUEST = 400;
/** A token is not used in its last minute: a request that is under way must not outlive it. */
const MARGIN_MS = 60_000;

/** @returns tokens that throw IbmcloudError CREDENTIALS_MISSING, CREDENTIALS_INVALID, CLOUD_UNAVAILABLE */
export function accessTokens(connection: IbmcloudConnection, clock: Pick<Clock, 'now'>): AccessTokens {
  let cached: { readonly token: string; readonly untilMs: number } | undefined;
  return {
    async current(signal) {
      if (cached !== undefined && cached.untilMs > clock.now().getTime()) return cached.token;
      const { access_token: token, expires_in: seconds } = await exchange(connection, signal);
      cached = { token, untilMs: clock.now().getTime() + seconds * 1000 - MARGIN_MS };
      return token;
    },
    invalidate(token) {
      if (cached?.token === token) cached = undefined;
    },
  };
}

async function exchange(connection: IbmcloudConnection, signal: AbortSignal) {
  const { apiKey } = connection;
  if (apiKey === undefined) throw missingApiKey();
  const what = 'exchanging the API key for a token';
  const { status, body } = await sendRequest(connection, what, {
    url: ibmcloudUrl({ service: 'iam', path: '/identity/token' }, connection.endpoint),
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({
      grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
      apikey: apiKey,
    }).toString(),
    signal,
    accepted: [BAD_REQUEST],
  });
  if (status === BAD_REQUEST) throw statusError(what, 401);
  const parsed = tokenSchema.safeParse(body);
  // Zod quotes no values, so nothing of a token gets into the message.
  if (!parsed.success)
    throw unexpectedResponse(what, parsed.error.issues.map(({ path }) => path.join('.')).join(', '));
  return parsed.data;
}
