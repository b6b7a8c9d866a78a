import { setMaxListeners } from 'node:events';
import type { z } from 'zod';
import type { AccessTokens } from './access-tokens.ts';
import { type IbmcloudConnection, sendRequest } from './ibmcloud-connection.ts';
import { statusError, unexpectedResponse } from './ibmcloud-error.ts';
import { type IbmcloudTarget, ibmcloudUrl } from './ibmcloud-url.ts';

/** Authenticated requests to IBM Cloud, with validated responses. */
export interface IbmcloudApi {
  now(): Date;
  /** @throws IbmcloudError, also for 404 */
  get<T>(what: string, target: IbmcloudTarget, schema: z.ZodType<T>): Promise<T>;
  /** Like `get`, but undefined for 404. */
  find<T>(what: string, target: IbmcloudTarget, schema: z.ZodType<T>): Promise<T | undefined>;
  /** Reads the details of the API key, which is sent in a header and never in the URL. */
  describeApiKey<T>(what: string, target: IbmcloudTarget, schema: z.ZodType<T>): Promise<T>;
}

const UNAUTHORISED = 401;
const NOT_FOUND = 404;

export function createIbmcloudApi(
  connection: IbmcloudConnection,
  tokens: AccessTokens,
  stop: AbortSignal,
  onQuestion?: (question: string) => void,
): IbmcloudApi {
  const signal = AbortSignal.any([stop]);
  // Each pending request adds a listener, and a read-back has dozens at once.
  setMaxListeners(0, signal);

  async function ask(what: string, target: IbmcloudTarget, headers: Readonly<Record<string, string>> = {}) {
    const url = ibmcloudUrl(target, connection.endpoint);
    for (let tries = 1; ; tries++) {
      const token = await tokens.current(signal);
      onQuestion?.(what);
      const answer = await sendRequest(connection, what, {
        url,
        method: 'GET',
        headers: { ...headers, authorization: `Bearer ${token}`, accept: 'application/json' },
        signal,
        accepted: [UNAUTHORISED, NOT_FOUND],
      });
      if (answer.status !== UNAUTHORISED) return answer;
      // A token can be revoked before it expires; if a new one is rejected too, the key is invalid.
      if (tries > 1) throw statusError(what, UNAUTHORISED);
      tokens.invalidate(token);
    }
  }

  async function get<T>(
    what: string,
    target: IbmcloudTarget,
    schema: z.ZodType<T>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const { status, body } = await ask(what, target, headers);
    if (status === NOT_FOUND) throw statusError(what, status);
    return parseResponse(what, body, schema);
  }

  return {
    now: () => connection.clock.now(),
    get: (what, target, schema) => get(what, target, schema),
    async find(what, target, schema) {
      const { status, body } = await ask(what, target);
      return status === NOT_FOUND ? undefined : parseResponse(what, body, schema);
    },
    describeApiKey: (what, target, schema) =>
      get(what, target, schema, { 'IAM-ApiKey': connection.apiKey ?? '' }),
  };
}

function parseResponse<T>(what: string, body: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw unexpectedResponse(
    what,
    parsed.error.issues.map(({ path }) => path.join('.') || 'document').join(', '),
  );
}
