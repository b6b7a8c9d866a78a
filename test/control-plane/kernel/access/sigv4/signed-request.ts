import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { RejectionReason } from '../../../../../src/control-plane/kernel/access/sigv4/signature-rejected-error.ts';
import { SignatureRejectedError } from '../../../../../src/control-plane/kernel/access/sigv4/signature-rejected-error.ts';
import type {
  SignedRequest,
  SigningKey,
  VerificationPolicy,
} from '../../../../../src/control-plane/kernel/access/sigv4/verify-request.ts';

export const NOW = new Date('2026-03-01T12:00:00Z');
export const KEY: SigningKey = { accessKeyId: 'OCPALICE0001', secret: 'alice-secret' };
export const TEMPORARY_KEY: SigningKey = {
  accessKeyId: 'OCPTEMP0001',
  secret: 'temp-secret',
  sessionToken: 'to/ken+==',
};
export const NONCE = 'AAAAAAAAAAAAAAAAAAAAAA';

export interface Draft {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Replace or, when undefined, remove headers before signing. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly date?: Date;
  readonly region?: string;
  readonly service?: string;
  readonly key?: SigningKey;
}

/** Signs with the AWS library, so that the verifier is not measured against itself. */
export async function sign(draft: Draft = {}): Promise<SignedRequest> {
  const { method = 'GET', path = '/v1/clusters', query = {}, key = KEY, body = '' } = draft;
  const signature = new SignatureV4({
    service: draft.service ?? 'ocpctl',
    region: draft.region ?? 'local',
    credentials: {
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secret,
      ...(key.sessionToken === undefined ? {} : { sessionToken: key.sessionToken }),
    },
    sha256: Sha256,
  });
  const headers = Object.entries({ host: 'ocpctl.test', 'x-ocpctl-nonce': NONCE, ...draft.headers });
  const present = headers.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const signed = await signature.sign(
    {
      method,
      protocol: 'https:',
      hostname: '',
      path,
      query: { ...query },
      headers: Object.fromEntries(present),
      body,
    },
    { signingDate: draft.date ?? NOW },
  );
  const search = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return {
    method,
    target: search.length === 0 ? path : `${path}?${search.join('&')}`,
    rawHeaders: Object.entries(signed.headers).flat(),
    body: Buffer.from(body),
  };
}

export function policy(overrides: Partial<VerificationPolicy> = {}): VerificationPolicy {
  const used = new Set<string>();
  return {
    region: 'local',
    service: 'ocpctl',
    hosts: new Set(['ocpctl.test']),
    now: () => NOW,
    maxSkewSeconds: 300,
    findKey: async (id) => [KEY, TEMPORARY_KEY].find((key) => key.accessKeyId === id),
    useNonce: async (id, nonce) => {
      const entry = `${id} ${nonce}`;
      const fresh = !used.has(entry);
      used.add(entry);
      return fresh;
    },
    ...overrides,
  };
}

/** The request with one header's value replaced, added (at the end) or, with undefined, removed. */
export function withHeader(request: SignedRequest, name: string, value: string | undefined): SignedRequest {
  const kept = pairsOf(request).filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  return { ...request, rawHeaders: [...kept.flat(), ...(value === undefined ? [] : [name, value])] };
}

export function headerOf(request: SignedRequest, name: string): string {
  return pairsOf(request).find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1] ?? '';
}

export function pairsOf(request: SignedRequest): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    pairs.push([request.rawHeaders[i] ?? '', request.rawHeaders[i + 1] ?? '']);
  }
  return pairs;
}

/** @returns the refusal that `verification` ends in; fails when it ends otherwise. */
export async function refusalOf(verification: Promise<unknown>): Promise<SignatureRejectedError> {
  const outcome = await verification.then(
    () => new Error('the request was let in'),
    (thrown: unknown) => thrown,
  );
  if (outcome instanceof SignatureRejectedError) return outcome;
  throw outcome;
}

export async function outcomeOf(
  verification: Promise<unknown>,
): Promise<[status: number, reason: RejectionReason]> {
  const { status, reason } = await refusalOf(verification);
  return [status, reason];
}

export class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as string | Uint8Array);
  }
  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}
