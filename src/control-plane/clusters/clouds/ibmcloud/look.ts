import { setMaxListeners } from 'node:events';
import type { z } from 'zod';
import type { AccessTokens } from './access-token.ts';
import { type IbmcloudConnection, send } from './connection.ts';
import { type IbmcloudPlace, urlOf } from './endpoints.ts';
import { refused, unreadable } from './errors.ts';

/** One look at IBM Cloud: the only way to ask. */
export interface Look {
  now(): Date;
  /** @throws IbmcloudError; a 404 is one as well */
  get<T>(what: string, place: IbmcloudPlace, schema: z.ZodType<T>): Promise<T>;
  /** The same, but undefined when there is no such thing. */
  find<T>(what: string, place: IbmcloudPlace, schema: z.ZodType<T>): Promise<T | undefined>;
  /** What the API key says about itself; it is never part of an address. */
  describeKey<T>(what: string, place: IbmcloudPlace, schema: z.ZodType<T>): Promise<T>;
}

const UNAUTHORISED = 401;
const NOT_FOUND = 404;

export function lookAt(connection: IbmcloudConnection, tokens: AccessTokens, stop: AbortSignal): Look {
  const signal = AbortSignal.any([stop]);
  // Every request under way listens, and a look has dozens.
  setMaxListeners(0, signal);

  async function ask(what: string, place: IbmcloudPlace, headers: Readonly<Record<string, string>> = {}) {
    const url = urlOf(place, connection.endpoint);
    for (let tries = 1; ; tries++) {
      const token = await tokens.current(signal);
      const answer = await send(connection, what, {
        url,
        method: 'GET',
        headers: { ...headers, authorization: `Bearer ${token}`, accept: 'application/json' },
        signal,
        accepted: [UNAUTHORISED, NOT_FOUND],
      });
      if (answer.status !== UNAUTHORISED) return answer;
      // A token may end, or be revoked, before its time; a fresh one that is refused too is no accident.
      if (tries > 1) throw refused(what, UNAUTHORISED);
      tokens.drop(token);
    }
  }

  async function get<T>(
    what: string,
    place: IbmcloudPlace,
    schema: z.ZodType<T>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const { status, body } = await ask(what, place, headers);
    if (status === NOT_FOUND) throw refused(what, status);
    return read(what, body, schema);
  }

  return {
    now: () => connection.clock.now(),
    get: (what, place, schema) => get(what, place, schema),
    async find(what, place, schema) {
      const { status, body } = await ask(what, place);
      return status === NOT_FOUND ? undefined : read(what, body, schema);
    },
    describeKey: (what, place, schema) => get(what, place, schema, { 'IAM-ApiKey': connection.apiKey ?? '' }),
  };
}

function read<T>(what: string, body: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw unreadable(what, parsed.error.issues.map(({ path }) => path.join('.') || 'document').join(', '));
}
