import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import { ProxyFailure, proxyAgent } from './proxy.ts';

interface TransportRequest {
  readonly method: string;
  /** Path and query, sent unchanged. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
  /** Until the response headers, including the connect. */
  readonly headersTimeoutMs: number;
  /** Longest pause between two chunks of the response body. */
  readonly idleTimeoutMs: number;
}

export interface TransportResponse {
  readonly status: number;
  header(name: string): string | undefined;
  /** Read it to the end, or `break` out of the loop to free the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface TextResponse {
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Closes idle connections. */
  close(): void;
}

/** No response in time; has the code of a system timeout. */
export class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
  readonly afterMs: number;
  constructor(afterMs: number) {
    super(`no response within ${afterMs} ms`);
    this.name = 'TimeoutError';
    this.afterMs = afterMs;
  }
}

/**
 * HTTP without fetch, whose first use costs 30-100 ms on Node 20 (so does Headers alone). Connections are kept alive;
 * redirects are not followed; bodies are not decompressed.
 * @param server scheme, host and port; a path is ignored.
 * @param trust CA certificates (PEM) to trust instead of the public ones.
 * @param findProxy asked before the first request; undefined: connections are direct
 * @throws Node's network errors; ProxyFailure; the reason of the signal if it aborts.
 */
export function createTransport(
  server: URL,
  trust?: string,
  findProxy?: () => Promise<URL | undefined>,
): Transport {
  let agent: Agent | undefined;
  let found: Promise<URL | undefined> | undefined;
  return {
    send: async (request) => {
      found ??= findProxy?.();
      const proxy = found && (await found);
      // An ESM import of node:http reads all exports, and on Node 24 one of them loads fetch (39 ms).
      const http = process.getBuiltinModule(server.protocol === 'https:' ? 'node:https' : 'node:http');
      agent ??= proxy === undefined ? new http.Agent({ keepAlive: true }) : await proxyAgent(proxy);
      const options = {
        agent,
        ...(trust === undefined ? {} : { ca: trust }),
        hostname: server.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: server.port,
        method: request.method,
        path: request.target,
        headers: request.headers,
      };
      const outgoing = http.request(options);
      return proxy === undefined ? exchange(outgoing, request) : throughProxy(proxy, outgoing, request);
    },
    close: () => agent?.destroy(),
  };
}

/** Tells failures of the proxy from those of the server. */
async function throughProxy(
  proxy: URL,
  outgoing: ClientRequest,
  request: TransportRequest,
): Promise<TransportResponse> {
  // Kept alive, a connection is there already.
  let isConnected = false;
  outgoing.once('socket', () => {
    isConnected = true;
  });
  outgoing.once('proxyConnect', ({ statusCode, statusText }: { statusCode: number; statusText: string }) => {
    if (statusCode === 200) return;
    const what = `it answered ${[statusCode, statusText].join(' ').trim()}`;
    outgoing.destroy(new ProxyFailure(proxy, what, 'PROXY_REFUSED'));
  });
  try {
    return await exchange(outgoing, request);
  } catch (error) {
    if (isConnected || error instanceof ProxyFailure || request.signal?.aborted === true) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    throw new ProxyFailure(proxy, error instanceof Error ? error.message : String(error), code, error);
  }
}

function exchange(outgoing: ClientRequest, request: TransportRequest): Promise<TransportResponse> {
  const { signal, headersTimeoutMs, idleTimeoutMs } = request;
  return new Promise((resolve, reject) => {
    let incoming: IncomingMessage | undefined;
    const stop = (reason: Error) => (incoming ?? outgoing).destroy(reason);
    const abort = () => stop(asError(signal?.reason));
    const headersTimer = setTimeout(() => stop(new TimeoutError(headersTimeoutMs)), headersTimeoutMs);
    outgoing.on('response', (response) => {
      incoming = response;
      clearTimeout(headersTimer);
      response.setTimeout(idleTimeoutMs, () => stop(new TimeoutError(idleTimeoutMs)));
      resolve({
        status: response.statusCode ?? 0,
        header: (name) => [response.headers[name.toLowerCase()]].flat()[0],
        body: response,
      });
    });
    outgoing.on('error', reject);
    outgoing.on('close', () => {
      clearTimeout(headersTimer);
      signal?.removeEventListener('abort', abort);
    });
    signal?.addEventListener('abort', abort);
    if (signal?.aborted === true) abort();
    else outgoing.end(request.body);
  });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Reads the whole response body. @throws network errors */
export async function readText(response: TransportResponse): Promise<TextResponse> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return { status: response.status, header: response.header, text: Buffer.concat(chunks).toString('utf8') };
}
