import * as z from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { type IbmcloudConnection, sendRequest } from './ibmcloud-connection.ts';
import { missingApiKey, statusError, unexpectedResponse } from './ibmcloud-error.ts';
import { ibmcloudUrl } from './ibmcloud-url.ts';

/** Bearer tokens, each obtained with the API key and valid for an hour. */
export interface AccessTokens {
  current(signal: AbortSignal): Promise<string>;
  /** Drops a rejected token, so that the next call obtains a new one. */
  invalidate(token: string): void;
}

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
/** The status with which IAM rejects an unknown API key. */
const BAD_REQUEST = 400;
/** A token is not used in its last minute, so that it does not expire during a request. */
const MARGIN_MS = 60_000;

/** @returns tokens whose `current` throws IbmcloudError CREDENTIALS_MISSING, CREDENTIALS_INVALID, CLOUD_UNAVAILABLE */
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
  // Zod's paths contain no values, so no part of a token gets into the message.
  if (!parsed.success)
    throw unexpectedResponse(what, parsed.error.issues.map(({ path }) => path.join('.')).join(', '));
  return parsed.data;
}
