import { SignatureRejectedError } from './signature-rejected-error.ts';

/** Values by lower-case name, repeats in the order of arrival. */
export type ReceivedHeaders = ReadonlyMap<string, readonly string[]>;

/** Whatever the server may act upon has to be signed, or anybody on the way could add it. */
const MUST_SIGN =
  /^(?:host|content-type|idempotency-key|if-match|if-none-match|last-event-id|x-amz-.+|x-ocpctl-.+)$/;
const SINGLE = new Set(['authorization', 'content-length']);
const NAME = /^[a-z0-9-]+$/;
/** Printable ASCII without outer or repeated blanks: the canonical form folds those, so they would not be covered. */
const UNAMBIGUOUS_VALUE = /^(?:[!-~]+(?: [!-~]+)*)?$/;

/** @param name in lower case. */
export function mustBeSigned(name: string): boolean {
  return MUST_SIGN.test(name);
}

/**
 * Reads Node's flat name, value, name, value … list, where nothing is merged or dropped yet.
 * @throws SignatureRefused (400) on headers that two readers could understand differently.
 */
export function readHeaders(rawHeaders: readonly string[]): ReceivedHeaders {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    // Gateways turn `_` into `-` or back: x_amz_date would be a second x-amz-date to some of them.
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
