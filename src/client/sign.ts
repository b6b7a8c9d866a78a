import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Clock, Random } from './clock.ts';
import { parseTarget, withQuery } from './request-target.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

interface UnsignedRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

interface Signer {
  /** @returns the request with its target encoded strictly and all headers that prove who sent it and when. */
  sign(request: UnsignedRequest): Promise<UnsignedRequest>;
  /**
   * Takes over the server's time for what is signed from now on, in memory only.
   * @returns whether that makes a difference to a server that refused.
   */
  adoptServerTime(serverTime: Date): boolean;
}

interface SignerOptions {
  /** Asked anew for each request, so that short-lived keys can be renewed. */
  readonly credentials: Credentials | (() => Promise<Credentials>);
  readonly region: string;
  /** Value of the Host header. */
  readonly host: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}

const SERVICE = 'ocpctl';
const NONCE_BYTES = 16;
/** The server refuses beyond 300 s; its Date header is cut to whole seconds, and on its way for some. */
const CORRECTABLE_SKEW_MS = 295_000;

export function createSigner({ credentials, region, host, clock, random }: SignerOptions): Signer {
  const signature = new SignatureV4({ service: SERVICE, region, credentials, sha256: Sha256 });
  let offsetMs = 0;
  return {
    sign: async ({ method, target, headers, body }) => {
      const { path, query } = parseTarget(target);
      const nonce = Buffer.from(random(NONCE_BYTES)).toString('base64url');
      const signed = await signature.sign(
        {
          method,
          protocol: '',
          hostname: '',
          path,
          query: { ...query },
          headers: { ...headers, host, 'x-ocpctl-nonce': nonce },
          ...(body === undefined ? {} : { body }),
        },
        { signingDate: new Date(clock.now().getTime() + offsetMs) },
      );
      const request = { method, target: withQuery(path, query), headers: signed.headers };
      return body === undefined ? request : { ...request, body };
    },
    adoptServerTime: (serverTime) => {
      const serverOffsetMs = serverTime.getTime() - clock.now().getTime();
      // Not `<`, so that a date which cannot be read changes nothing.
      if (!(Math.abs(serverOffsetMs - offsetMs) >= CORRECTABLE_SKEW_MS)) return false;
      offsetMs = serverOffsetMs;
      return true;
    },
  };
}

/** SHA-256, or HMAC with a key, in the shape that the signing library asks for. */
class Sha256 {
  readonly #key: Uint8Array | string | undefined;
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#key = key === undefined || typeof key === 'string' ? key : bytesOf(key);
    this.#hash = this.#fresh();
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#fresh();
  }

  #fresh() {
    return this.#key === undefined ? createHash('sha256') : createHmac('sha256', this.#key);
  }
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}
