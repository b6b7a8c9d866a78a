import { SignatureRejectedError } from './signature-rejected-error.ts';

/** Values by lower-case name, repeats in the order of arrival. */
export type ReceivedHeaders = ReadonlyMap<string, readonly string[]>;

/** Headers that the server acts on must be signed, or a proxy could add them. */
const MUST_SIGN =
  /^(?:host|content-type|idempotency-key|if-match|if-none-match|last-event-id|x-amz-.+|x-ocpctl-.+)$/;
const SINGLE = new Set(['authorization', 'content-length']);
const NAME = /^[a-z0-9-]+$/;
/** Printable ASCII without leading, trailing or repeated blanks, which the canonical form drops and so does not cover. */
const UNAMBIGUOUS_VALUE = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/** @param name in lower case. */
export function mustBeSigned(name: string): boolean {
  return MUST_SIGN.test(name);
}

/**
 * Reads Node's flat list of names and values, in which nothing is merged or dropped yet.
 * @throws SignatureRejectedError (400) on headers that another parser could read differently
 */
export function readHeaders(rawHeaders: readonly string[]): ReceivedHeaders {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    // Some gateways replace `_` by `-`: x_amz_date would become a second x-amz-date.
    if (!NAME.test(name)) throw new SignatureRejectedError('HEADER_MALFORMED');
    if (mustBeSigned(name) && !UNAMBIGUOUS_VALUE.test(value))
      throw new SignatureRejectedError('HEADER_MALFORMED');
    const before = headers.get(name);
    if (before === undefined) headers.set(name, [value]);
    else if (SINGLE.has(name) || mustBeSigned(name)) throw new SignatureRejectedError('HEADER_REPEATED');
    else before.push(value);
  }
  if (headers.has('trailer')) throw new SignatureRejectedError('TRAILERS');
  if (headers.has('content-encoding')) throw new SignatureRejectedError('CONTENT_ENCODED');
  return headers;
}
