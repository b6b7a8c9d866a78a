import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { systemRandom } from '../../../../src/client/client-clock.ts';
import { createSigner } from '../../../../src/client/signer.ts';
import type { Person } from './installation.ts';
import { REGION, type TestServer } from './server.ts';

export interface SignedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A problem as a test looks at it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly errors: { field: string; code: string; message: string; allowed?: string[] }[];
}

export interface Call {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly now?: Date;
}

export const newKey = () => randomBytes(16).toString('base64url');

/** Signs as our client does, without its retries and types: what comes out may be changed before it is sent. */
export async function sign(
  server: Pick<TestServer, 'url'>,
  person: Person,
  call: Call,
): Promise<SignedRequest> {
  const signer = createSigner({
    credentials: person,
    region: REGION,
    host: new URL(server.url).host,
    clock: { now: () => call.now ?? new Date() },
    random: systemRandom,
  });
  const { method = 'GET', target, headers = {} } = call;
  const body = call.body === undefined ? undefined : textOf(call.body);
  const all = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers };
  const bytes = body === undefined ? {} : { body: Buffer.from(body) };
  const signed = await signer.sign({ method, target, headers: all, ...bytes });
  return { method, target: signed.target, headers: signed.headers, body };
}

/** Strings are sent as they stand. */
function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** One request on a connection of its own. */
export function exchange(server: Pick<TestServer, 'url'>, request: SignedRequest): Promise<WireResponse> {
  const { hostname, port } = new URL(server.url);
  const { method, target, headers, body } = request;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = httpRequest({
      hostname,
      port,
      method,
      path: target,
      agent: false,
      headers: { ...length, ...headers },
    });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A signed request of a person. Mutations get an idempotency key unless they bring one. */
export async function call(
  server: Pick<TestServer, 'url'>,
  person: Person,
  options: Call,
): Promise<WireResponse> {
  const key = options.method === undefined || options.method === 'GET' ? {} : { 'idempotency-key': newKey() };
  return exchange(
    server,
    await sign(server, person, { ...options, headers: { ...key, ...options.headers } }),
  );
}

export function parseProblem(answer: WireResponse): Problem {
  if (answer.headers['content-type'] !== 'application/problem+json; charset=utf-8') {
    throw new Error(`not a problem: ${answer.status} ${answer.text}`);
  }
  return JSON.parse(answer.text);
}

/** G13: one text for every cause. */
export function expectUnauthenticated(answer: WireResponse): void {
  const { requestId: _, ...problem } = parseProblem(answer);
  expect(problem).toEqual({
    type: 'urn:ocpctl:problem:unauthenticated',
    title: 'Not authenticated',
    status: 401,
    detail: 'The request is not signed with a valid access key, or its signature has expired.',
    code: 'UNAUTHENTICATED',
    errors: [],
  });
}

/** Sends bytes as they stand, and reads until the server closes. */
export function sendBytes(server: Pick<TestServer, 'url'>, bytes: string): Promise<WireResponse> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that answers early and closes resets what is still on its way to it; the answer is there all the same.
    socket.on('error', (error) => (chunks.length === 0 ? reject(error) : undefined));
    socket.on('close', () => resolve(parseAnswer(Buffer.concat(chunks).toString())));
  });
}

function parseAnswer(text: string): WireResponse {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, text: rest.join('\r\n\r\n') };
}

/** The bytes of a request, with every header where it was put; the server closes after its answer. */
export function bytesOf({ method, target, headers, body }: SignedRequest): string {
  const length = body === undefined ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${target} HTTP/1.1`, ...lines, ...length, 'connection: close', '', body ?? ''].join(
    '\r\n',
  );
}
