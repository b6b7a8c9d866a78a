import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { AgentOptions } from 'node:https';

interface TransportRequest {
  readonly method: string;
  /** Path and query, sent as they stand. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
  /** Until the head of the answer is there, connecting included. */
  readonly headersTimeoutMs: number;
  /** Longest silence within the body of the answer. */
  readonly idleTimeoutMs: number;
}

export interface TransportResponse {
  readonly status: number;
  header(name: string): string | undefined;
  /** To be read to its end, or left by `break`, which frees the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface TextResponse {
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
}

export interface Transport {
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Ends idle connections. */
  close(): void;
}

/** Silence of the other side, with the code that the system itself gives to a connection that timed out. */
export class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
  readonly afterMs: number;
  constructor(afterMs: number) {
    super(`no answer within ${afterMs} ms`);
    this.name = 'TimeoutError';
    this.afterMs = afterMs;
  }
}

/**
 * HTTP without fetch: the first use of fetch, or of Headers alone, costs 30-100 ms on Node 20. Connections are kept alive;
 * redirects are not followed; bodies are not decompressed.
 * @param server scheme, host and port; a path is ignored.
 * @param trust certificates (PEM) of the authorities that may vouch for an https server, in place of the well-known ones.
 * @throws what Node throws when the server cannot be reached; the signal's reason when it aborts.
 */
export function createTransport(server: URL, trust?: string): Transport {
  let agent: Agent | undefined;
  return {
    send: (request) => {
      // An ESM import of node:http reads all its exports, and on Node 24 one of them loads the whole of fetch (39 ms).
      const http = process.getBuiltinModule(server.protocol === 'https:' ? 'node:https' : 'node:http');
      const agentOptions: AgentOptions = { keepAlive: true, ...(trust === undefined ? {} : { ca: trust }) };
      agent ??= new http.Agent(agentOptions);
      const options = {
        agent,
        hostname: server.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: server.port,
        method: request.method,
        path: request.target,
        headers: request.headers,
      };
      return exchange(http.request(options), request);
    },
    close: () => agent?.destroy(),
  };
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

/** Reads an answer to its end. @throws what the connection throws meanwhile. */
export async function readText(response: TransportResponse): Promise<TextResponse> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return { status: response.status, header: response.header, text: Buffer.concat(chunks).toString('utf8') };
}
