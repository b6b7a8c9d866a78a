import type { ClientClock, Random } from './client-clock.ts';
import { parseTarget, withQuery } from './request-target.ts';
import { createServerTime } from './server-time.ts';
import { type Credentials, signV4 } from './signature-v4.ts';

/** Credentials that expire and can be renewed. */
export interface CredentialSource {
  current(): Promise<Credentials>;
  /** Called after the server rejected these. @returns whether there are new ones */
  renew(rejected: Credentials): Promise<boolean>;
}

interface UnsignedRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

interface Signer {
  /** @returns the request with a strictly encoded target and the signature headers. */
  sign(request: UnsignedRequest): Promise<UnsignedRequest>;
  /**
   * Uses the server's time for signatures from now on; kept in memory only.
   * @returns whether the difference explains that the server rejected the request.
   */
  adoptServerTime(serverTime: Date): boolean;
}

interface SignerOptions {
  /** A function is called for each request, so that short-lived keys can be renewed. */
  readonly credentials: Credentials | (() => Promise<Credentials>);
  /** A function is called for each request, for a region that comes with the keys. */
  readonly region: string | (() => Promise<string>);
  /** Value of the Host header. */
  readonly host: string;
  readonly clock: Pick<ClientClock, 'now'>;
  readonly random: Random;
}

const SERVICE = 'ocpctl';
const NONCE_BYTES = 16;

export function createSigner({ credentials, region, host, clock, random }: SignerOptions): Signer {
  const time = createServerTime(clock);
  return {
    sign: async ({ method, target, headers, body }) => {
      const { path, query } = parseTarget(target);
      const nonce = Buffer.from(random(NONCE_BYTES)).toString('base64url');
      const signed = signV4(
        {
          method,
          path,
          query,
          headers: { ...headers, host, 'x-ocpctl-nonce': nonce },
          ...(body === undefined ? {} : { body }),
        },
        {
          service: SERVICE,
          region: typeof region === 'string' ? region : await region(),
          credentials: typeof credentials === 'function' ? await credentials() : credentials,
          at: time.now(),
        },
      );
      const request = { method, target: withQuery(path, query), headers: signed };
      return body === undefined ? request : { ...request, body };
    },
    adoptServerTime: time.adopt,
  };
}
