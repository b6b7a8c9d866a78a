import { SignatureRejectedError } from './signature-rejected-error.ts';

export type QueryPair = readonly [name: string, value: string];

export interface RequestTarget {
  readonly path: string;
  /** Decoded, in the order of the request; names are unique, letter case ignored. */
  readonly query: readonly QueryPair[];
}

/** Unreserved characters only: then single and double encoding of a path give the same bytes. */
const PATH = /^(?:\/[A-Za-z0-9._~-]+)+\/?$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
/** `!'()*` may stand raw, because encodeURIComponent leaves them so; `+` may not: frameworks read it as a space. */
const QUERY =
  /^[A-Za-z0-9._~%!'()*-]+=[A-Za-z0-9._~%!'()*-]*(?:&[A-Za-z0-9._~%!'()*-]+=[A-Za-z0-9._~%!'()*-]*)*$/;
/** Parameters by which other schemes carry credentials: honouring or ignoring them would both be wrong. */
const CREDENTIAL_NAME = /^(?:x-amz-.*|signature|awsaccesskeyid)$/i;

/**
 * Splits a raw request target into a path and decoded parameters, so that exactly one reading of it is possible.
 * @throws SignatureRefused (400) on anything that another reader could understand differently.
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
