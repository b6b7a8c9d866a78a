import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Job, JobEvent } from '../../../src/contract/documents.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export interface StubResponse {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Writes the response itself, for streams. */
  readonly stream?: (response: ServerResponse) => void;
}

/** `METHOD /path` → what to answer. */
export type Routes = Record<string, (request: ReceivedRequest) => StubResponse>;

export interface StubServer extends AsyncDisposable {
  readonly url: string;
  readonly received: ReceivedRequest[];
  readonly env: NodeJS.ProcessEnv;
}

/** A server that answers as the contract says, without verifying signatures: what the commands do with it is the test. */
export async function startStubServer(routes: Routes, port = 0): Promise<StubServer> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://stand-in');
      const text = Buffer.concat(chunks).toString();
      const seen: ReceivedRequest = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      received.push(seen);
      const route =
        routes[`${seen.method} ${seen.path}`] ??
        (() => problemResponse(404, 'NOT_FOUND', 'there is no such thing'));
      send(response, route(seen));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    env: { OCPCTL_SERVER: url, OCPCTL_ACCESS_KEY_ID: 'OCPKTEST', OCPCTL_SECRET_ACCESS_KEY: 'secret' },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, answer: StubResponse): void {
  if (answer.stream !== undefined) {
    answer.stream(response);
    return;
  }
  const status = answer.status ?? 200;
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type, 'ocpctl-mode': 'sandbox', ...answer.headers });
  response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
}

export function problemResponse(
  status: number,
  code: string,
  detail: string,
  errors: unknown[] = [],
): StubResponse {
  const title = 'No';
  return { status, body: { type: 'about:blank', title, status, detail, code, requestId: 'req_1', errors } };
}

export function pageResponse(items: readonly unknown[], nextCursor: string | null = null): StubResponse {
  return { body: { items, nextCursor } };
}

/** A stream of events, closed with the job when one is given and left open otherwise. */
export function eventStream(events: readonly JobEvent[], job?: Job): StubResponse {
  return {
    stream: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
      if (job !== undefined) response.end(`event: end\ndata: ${JSON.stringify(job)}\n\n`);
      else response.flushHeaders();
    },
  };
}
