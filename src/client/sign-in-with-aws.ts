import type { components } from '../contract/api.gen.ts';
import { toApiError, UnreachableError, unexpectedResponseError } from './api-error.ts';
import { type ClientClock, type Random, systemClientClock, systemRandom } from './client-clock.ts';
import { withRetries } from './retry.ts';
import { createServerTime } from './server-time.ts';
import { type AwsIdentity, stsProof } from './sts-proof.ts';
import { createTransport, readText, type Transport } from './transport.ts';

export type SessionKeysDocument = components['schemas']['SessionKeys'];

export interface AwsSignInOptions {
  readonly server: string;
  /** Audience of the server; never taken from its responses. */
  readonly audience: string;
  readonly aws: AwsIdentity;
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly clock?: ClientClock;
  readonly random?: Random;
  readonly transport?: Transport;
}

const PATH = '/v1/auth/sessions';
const CONTENT_TYPE = 'application/json';
const BODY = '{}';

/**
 * Exchanges an STS proof for session keys; every try uses a new proof.
 * @returns the keys and their lifetime by the server's clock
 * @throws ApiError, UnreachableError
 */
export async function signInWithAws(
  options: AwsSignInOptions,
): Promise<{ keys: SessionKeysDocument; livesMs: number }> {
  const { clock = systemClientClock, random = systemRandom } = options;
  const url = new URL(options.server);
  const transport = options.transport ?? createTransport(url);
  const time = createServerTime(clock);
  const target = url.pathname.replace(/\/$/, '') + PATH;
  const deadlineMs = clock.monotonicMs() + options.timeoutMs;

  async function attempt(corrected: boolean): Promise<{ keys: SessionKeysDocument; livesMs: number }> {
    const leftMs = Math.max(1, Math.ceil(deadlineMs - clock.monotonicMs()));
    const request = {
      audience: options.audience,
      method: 'POST',
      target,
      contentType: CONTENT_TYPE,
      body: BODY,
    };
    const proof = await stsProof(request, options.aws, { at: time.now(), random });
    const { status, header, text } = await exchange(proof, leftMs);
    const date = new Date(header('date') ?? Number.NaN);
    if (status === 401 && !corrected && time.adopt(date)) return attempt(true);
    if (status !== 201) throw toApiError({ status, header }, text, options.server, clock.now());
    const keys = parse(text, status, options.server);
    return {
      keys,
      livesMs: Date.parse(keys.expiresAt) - (Number.isNaN(+date) ? clock.now() : date).getTime(),
    };
  }

  async function exchange(proof: Record<string, string>, leftMs: number) {
    const headers = {
      accept: CONTENT_TYPE,
      'user-agent': options.userAgent,
      host: url.host,
      'content-type': CONTENT_TYPE,
      'content-length': String(BODY.length),
      ...proof,
    };
    try {
      const body = Buffer.from(BODY);
      const timeouts = { headersTimeoutMs: leftMs, idleTimeoutMs: leftMs };
      return await readText(await transport.send({ method: 'POST', target, headers, body, ...timeouts }));
    } catch (thrown) {
      throw new UnreachableError(options.server, thrown);
    }
  }

  try {
    return await withRetries(() => attempt(false), { clock, random, deadlineMs, repeatable: true });
  } finally {
    if (options.transport === undefined) transport.close();
  }
}

function parse(text: string, status: number, server: string): SessionKeysDocument {
  try {
    return JSON.parse(text);
  } catch {
    throw unexpectedResponseError(status, server);
  }
}
