import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { useAgent } from 'request-filtering-agent';
import { systemCodeOf } from '../errors.ts';
import { type AllowedNetworks, urlProblem } from './address-filter.ts';
import type { AttemptResult } from './delivery-schedule.ts';

/** Standard Webhooks 1.0.0 recommends 15 to 30 s. */
const TIMEOUT_MS = 15_000;
const NOT_PERMITTED = /is not allowed/;

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
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await post(url, headers, body, allowed, AbortSignal.any([signal, timeout]));
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return { kind: 'delivered', text: `HTTP ${status}` };
    const seconds = Number(answer.headers['retry-after']);
    return {
      kind: 'rejected',
      httpStatus: status,
      ...(seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}),
    };
  } catch (thrown) {
    // The server stops: the claim ends by itself, and another janitor tries again.
    signal.throwIfAborted();
    if (timeout.aborted) return { kind: 'unreachable', text: `no answer within ${TIMEOUT_MS / 1_000} s` };
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
  const agent = useAgent(url.href, { allowIPAddressList: [...allowed], keepAlive: false });
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const sni = isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: url.hostname } : {};
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      agent,
      signal,
      ...sni,
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
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (NOT_PERMITTED.test(message))
    return { kind: 'unreachable', text: 'the name resolves to a private or reserved address', isFinal: true };
  return { kind: 'unreachable', text: systemCodeOf(thrown) ?? message.slice(0, 200) };
}
