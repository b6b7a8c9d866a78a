import { SignatureRejectedError } from './signature-rejected-error.ts';

export type QueryPair = readonly [name: string, value: string];

export interface RequestTarget {
  readonly path: string;
  /** Decoded, in the order of the request; names are unique, letter case ignored. */
  readonly query: readonly QueryPair[];
}

/** Unreserved characters only, so that single and double encoding of a path are the same. */
const PATH = /^(?:\/[A-Za-z0-9._~-]+)+\/?$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
/** `!'()*` are allowed because encodeURIComponent does not encode them; `+` is not, because some frameworks read it as a space. */
const QUERY =
  /^[A-Za-z0-9._~%!'()*-]+=[A-Za-z0-9._~%!'()*-]*(?:&[A-Za-z0-9._~%!'()*-]+=[A-Za-z0-9._~%!'()*-]*)*$/;
/** Parameters that carry credentials in other schemes are rejected, because neither using nor ignoring them is safe. */
const CREDENTIAL_NAME = /^(?:x-amz-.*|signature|awsaccesskeyid)$/i;

/**
 * Splits a raw request target into a path and decoded parameters.
 * @throws SignatureRejectedError (400) on a target that another parser could read differently
 */
export function parseRequestTarget(target: string): RequestTarget {
  const questionMark = target.indexOf('?');
  const path = questionMark < 0 ? target : target.slice(0, questionMark);
  if (!PATH.test(path) || DOT_SEGMENT.test(path)) throw new SignatureRejectedError('TARGET_MALFORMED');
  return { path, query: questionMark < 0 ? [] : parseQuery(target.slice(questionMark + 1)) };
}

function parseQuery(query: string): QueryPair[] {
  if (!QUERY.test(query)) throw new SignatureRejectedError('TARGET_MALFORMED');
  const seen = new Set<string>();
  return query.split('&').map((parameter) => {
    const equals = parameter.indexOf('=');
    const name = decode(parameter.slice(0, equals));
    const folded = name.toLowerCase();
    if (CREDENTIAL_NAME.test(name)) throw new SignatureRejectedError('QUERY_AUTHENTICATION');
    if (seen.has(folded)) throw new SignatureRejectedError('TARGET_MALFORMED');
    seen.add(folded);
    return [name, decode(parameter.slice(equals + 1))];
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SignatureRejectedError('TARGET_MALFORMED');
  }
}
