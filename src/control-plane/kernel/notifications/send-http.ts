import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { messageOf, systemCodeOf } from '../errors.ts';
import {
  AddressNotPermittedError,
  type AllowedNetworks,
  permittedLookup,
  urlProblem,
} from './address-filter.ts';
import type { AttemptResult } from './delivery-schedule.ts';

export interface HttpMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Posts to an address that a user chose (SSRF): the connection is made to an address that was checked, not resolved a second time;
 * redirects are not followed; nothing of the answer is kept but its status.
 */
export async function sendHttp(
  { url: text, headers, body }: HttpMessage,
  allowed: AllowedNetworks,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const url = new URL(text);
  const problem = urlProblem(url, allowed);
  if (problem !== undefined) return { kind: 'unreachable', text: `the URL ${problem}`, isFinal: true };
  try {
    const answer = await post(url, headers, body, allowed, signal);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return { kind: 'delivered', text: `HTTP ${status}` };
    const seconds = Number(answer.headers['retry-after']);
    return {
      kind: 'rejected',
      httpStatus: status,
      ...(seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}),
    };
  } catch (thrown) {
    signal.throwIfAborted();
    return unreachable(thrown);
  }
}

function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  allowed: AllowedNetworks,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      agent: false,
      lookup: permittedLookup(url.protocol, allowed),
      signal,
      headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'ocpctl' },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      resolve(response);
      response.destroy();
    });
    request.end(body);
  });
}

function unreachable(thrown: unknown): AttemptResult {
  if (thrown instanceof AddressNotPermittedError)
    return { kind: 'unreachable', text: thrown.message, isFinal: true };
  return { kind: 'unreachable', text: systemCodeOf(thrown) ?? messageOf(thrown).slice(0, 200) };
}
