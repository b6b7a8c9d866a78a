import { setMaxListeners } from 'node:events';
import type { z } from 'zod';
import type { AccessTokens } from './access-tokens.ts';
import { type IbmcloudConnection, sendRequest } from './ibmcloud-connection.ts';
import { statusError, unexpectedResponse } from './ibmcloud-error.ts';
import { type IbmcloudTarget, ibmcloudUrl } from './ibmcloud-url.ts';

/** One look at IBM Cloud: the only way to ask. */
export interface IbmcloudApi {
  now(): Date;
  /** @throws IbmcloudError; a 404 is one as well */
  get<T>(what: string, target: IbmcloudTarget, schema: z.ZodType<T>): Promise<T>;
  /** The same, but undefined when there is no such thing. */
  find<T>(what: string, target: IbmcloudTarget, schema: z.ZodType<T>): Promise<T | undefined>;
  /** What the API key says about itself; it is never part of an address. */
  describeApiKey<T>(what: string, target: IbmcloudTarget, schema: z.ZodType<T>): Promise<T>;
}

const UNAUTHORISED = 401;
const NOT_FOUND = 404;

export function createIbmcloudApi(
  connection: IbmcloudConnection,
  tokens: AccessTokens,
  stop: AbortSignal,
): IbmcloudApi {
  const signal = AbortSignal.any([stop]);
  // Every request under way listens, and a look has dozens.
  setMaxListeners(0, signal);

  async function ask(what: string, target: IbmcloudTarget, headers: Readonly<Record<string, string>> = {}) {
    const url = ibmcloudUrl(target, connection.endpoint);
    for (let tries = 1; ; tries++) {
      const token = await tokens.current(signal);
      const answer = await sendRequest(connection, what, {
        url,
        method: 'GET',
        headers: { ...headers, authorization: `Bearer ${token}`, accept: 'application/json' },
        signal,
        accepted: [UNAUTHORISED, NOT_FOUND],
      });
      if (answer.status !== UNAUTHORISED) return answer;
      // A token may end, or be revoked, before its time; a fresh one that is refused too is no accident.
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
