import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ApiClient, createApiClient } from '../../src/client/api-client.ts';
import type { ClientClock } from '../../src/client/client-clock.ts';
import type { Credentials } from '../../src/client/signature-v4.ts';
import { SignatureRejectedError } from '../../src/control-plane/kernel/access/sigv4/signature-rejected-error.ts';
import {
  type SigningKey,
  type VerifiedIdentity,
  verifyRequest,
} from '../../src/control-plane/kernel/access/sigv4/verify-request.ts';

export const CREDENTIALS: Credentials = { accessKeyId: 'OCPALICE0001', secretAccessKey: 'alice-secret' };

/** A request that the verifier let in. */
export interface Received {
  readonly identity: VerifiedIdentity;
  readonly request: IncomingMessage;
  readonly body: string;
  /** The client's end of the connection. */
  readonly port: number | undefined;
}

type Handler = (received: Received, response: ServerResponse) => void;

export interface SignedServer {
  readonly url: string;
  readonly received: Received[];
  /** Reasons of the requests that were not let in. */
  readonly refused: string[];
  /** Answers the next request; when none is left, 200 and `{}`. */
  readonly answers: Handler[];
  /** How far the server's clock is ahead. */
  clockOffsetMs: number;
  readonly sessionToken: string | undefined;
  stop(): Promise<void>;
}

/** A plain HTTP server behind the real verifier. */
export async function startSignedServer(options: { sessionToken?: string } = {}): Promise<SignedServer> {
  const nonces = new Set<string>();
  const key: SigningKey = {
    accessKeyId: CREDENTIALS.accessKeyId,
    secret: CREDENTIALS.secretAccessKey,
    ...options,
  };
  const server = createServer(async (request, response) => {
    const now = new Date(Date.now() + state.clockOffsetMs);
    response.setHeader('date', now.toUTCString());
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    try {
      const identity = await verifyRequest(
        {
          method: request.method ?? '',
          target: request.url ?? '',
          rawHeaders: request.rawHeaders,
          rawTrailers: request.rawTrailers,
          body,
        },
        {
          region: 'local',
          service: 'ocpctl',
          hosts: new Set([new URL(state.url).host]),
          now: () => now,
          maxSkewSeconds: 300,
          findKey: async (id) => (id === key.accessKeyId ? key : undefined),
          useNonce: async (_, nonce) => nonces.size < nonces.add(nonce).size,
        },
      );
      const received = { identity, request, body: body.toString(), port: request.socket.remotePort };
      state.received.push(received);
      const answer = state.answers.shift() ?? json(200, {});
      answer(received, response);
    } catch (thrown) {
      if (!(thrown instanceof SignatureRejectedError)) throw thrown;
      state.refused.push(thrown.reason);
      problem(thrown.status, thrown.code, thrown.message)(undefined, response);
    }
  });
  const port = await listen(server);
  const state: SignedServer = {
    url: `http://127.0.0.1:${port}`,
    received: [],
    refused: [],
    answers: [],
    clockOffsetMs: 0,
    sessionToken: options.sessionToken,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export function json(status: number, document: unknown, headers: Record<string, string> = {}) {
  return (_: unknown, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(document));
  };
}

export function problem(status: number, code: string, detail: string, headers: Record<string, string> = {}) {
  const document = { type: 'about:blank', title: code, status, detail, code, requestId: 'req_1', errors: [] };
  return json(status, document, { 'content-type': 'application/problem+json', ...headers });
}

/** Time that only passes when someone sleeps; the pauses are kept. */
export function fakeClock(): ClientClock & { readonly pauses: number[] } {
  let elapsedMs = 0;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => new Date(),
    monotonicMs: () => elapsedMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
      elapsedMs += ms;
    },
  };
}

/** A client of the server that does not wait for real. */
export function clientOf(
  server: { readonly url: string; readonly sessionToken?: string | undefined },
  options: Partial<Parameters<typeof createApiClient>[0]> = {},
): ApiClient {
  const token = server.sessionToken === undefined ? {} : { sessionToken: server.sessionToken };
  return createApiClient({
    server: server.url,
    credentials: { ...CREDENTIALS, ...token },
    region: 'local',
    timeoutMs: 30_000,
    userAgent: 'ocpctl-test',
    clock: fakeClock(),
    ...options,
  });
}
