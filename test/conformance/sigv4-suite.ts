import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReceivedHeaders } from '../../src/control-plane/kernel/access/sigv4/received-headers.ts';
import type { QueryPair } from '../../src/control-plane/kernel/access/sigv4/request-target.ts';

const FOLDER = join(import.meta.dirname, '../../../shared/data/sigv4/v4');
export const SUITE_IS_THERE = existsSync(FOLDER);

export type Form = 'header' | 'query';

/** One case of the AWS signing suite: a request as it was signed, and every intermediate result. */
export interface SuiteCase {
  readonly name: string;
  readonly form: Form;
  readonly secret: string;
  readonly normalise: boolean;
  /** The token travels with the request, but was added after signing. */
  readonly tokenUnsigned: boolean;
  readonly signed: SuiteRequest;
  readonly canonicalRequest: string;
  readonly stringToSign: string;
  readonly signature: string;
}

/** A request read loosely: the suite holds targets and folded headers that a server of ours would refuse to parse. */
export interface SuiteRequest {
  readonly method: string;
  readonly path: string;
  readonly query: readonly QueryPair[];
  readonly headers: ReceivedHeaders;
  readonly body: string;
}

export function readSuite(): SuiteCase[] {
  return readdirSync(FOLDER).flatMap((name) => [readCase(name, 'header'), readCase(name, 'query')]);
}

function readCase(name: string, form: Form): SuiteCase {
  const read = (file: string) => readFileSync(join(FOLDER, name, file), 'utf8');
  const context = JSON.parse(read('context.json'));
  return {
    name,
    form,
    secret: context.credentials.secret_access_key,
    normalise: context.normalize,
    tokenUnsigned: context.omit_session_token === true,
    signed: parseRequest(read(`${form}-signed-request.txt`)),
    canonicalRequest: read(`${form}-canonical-request.txt`),
    stringToSign: read(`${form}-string-to-sign.txt`),
    signature: read(`${form}-signature.txt`),
  };
}

function parseRequest(text: string): SuiteRequest {
  const [head = '', ...bodyParts] = text.split('\n\n');
  const [requestLine = '', ...headerLines] = head.split('\n');
  const [, method = '', target = ''] = /^(\S+) (.*) HTTP\/1\.1$/.exec(requestLine) ?? [];
  const [path = '', query] = target.split(/\?(.*)/s);
  return {
    method,
    path,
    query: parseQuery(query),
    headers: parseHeaders(headerLines),
    body: bodyParts.join('\n\n').trim(),
  };
}

function parseQuery(query: string | undefined): QueryPair[] {
  if (query === undefined || query === '') return [];
  return query.split('&').map((parameter) => {
    const [name = '', value = ''] = parameter.split(/=(.*)/s);
    return [decodeURIComponent(name), decodeURIComponent(value)];
  });
}

function parseHeaders(lines: readonly string[]): ReceivedHeaders {
  const headers = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of lines) {
    if (/^\s/.test(line)) {
      current.push(`${current.pop() ?? ''}\n${line}`);
      continue;
    }
    const [name = '', value = ''] = line.split(/:(.*)/s);
    current = headers.get(name.toLowerCase()) ?? [];
    headers.set(name.toLowerCase(), [...current, value]);
    current = headers.get(name.toLowerCase()) ?? [];
  }
  return headers;
}
