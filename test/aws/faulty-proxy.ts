import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** A request as tests identify it: `POST ec2 DescribeVpcs`, `PUT s3 /bucket/key?x-id=PutObject`. */
export interface Call {
  readonly method: string;
  /** Signing name of the service (`ec2`, `s3`, `tagging`, `iam`). */
  readonly service: string;
  readonly region: string;
  /** Path, query, target header and body, to match patterns against. */
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

export interface Fault {
  /** Selects calls. */
  readonly when: (call: Call) => boolean;
  /** Number of calls that fail (default: 1). */
  readonly times?: number;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | ((call: Call) => string);
  /** Forwards the call and drops only its response. */
  readonly afterwards?: boolean;
}

export interface FaultyProxy {
  readonly endpoint: string;
  /** All calls, in order. */
  readonly calls: Call[];
  inject(fault: Fault): void;
  /** Rewrites path and query, for example for smaller pages. */
  rewrite(change: (path: string) => string): void;
  /** Rewrites request bodies. */
  rewriteBody(change: (body: string) => string): void;
  /** Clears calls, faults and rewrites. */
  reset(): void;
  stop(): Promise<void>;
}

/**
 * A proxy in front of an AWS-compatible endpoint that can answer calls with errors.
 * @param standIns answer what the endpoint lacks, after the injected faults; a reset keeps them
 */
export async function startProxy(target: string, standIns: readonly Fault[] = []): Promise<FaultyProxy> {
  const calls: Call[] = [];
  let change = (path: string) => path;
  let changeBody: ((body: string) => string) | undefined;
  let faults: { fault: Fault; left: number }[] = [];
  // S3 serializes conditional writes of a key; moto checks and writes in two steps, so two writers could both succeed.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const takeFault = (call: Call): Fault | undefined => {
    const entry = faults.find(({ fault, left }) => left > 0 && fault.when(call));
    if (entry === undefined) return standIns.find((fault) => fault.when(call));
    entry.left -= 1;
    return entry.fault;
  };
  const server = createServer((incoming, answer) => {
    void handle(incoming, answer).catch((error: unknown) => answer.destroy(error as Error));
  });
  async function handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const body = changeBody === undefined ? sent : Buffer.from(changeBody(sent.toString()));
    const call = callOf(incoming, body);
    calls.push(call);
    const fault = takeFault(call);
    if (fault === undefined || fault.afterwards) {
      const send = () => forward(new URL(change(incoming.url ?? '/'), target), incoming, body);
      const real = await (incoming.headers['if-none-match'] === undefined ? send() : inTurn(send));
      if (fault === undefined) {
        answer.writeHead(real.statusCode ?? 500, real.headers);
        real.pipe(answer);
        return;
      }
      real.resume();
    }
    const text = typeof fault.body === 'string' ? fault.body : fault.body(call);
    answer.writeHead(fault.status, { 'content-length': Buffer.byteLength(text), ...fault.headers });
    answer.end(incoming.method === 'HEAD' ? undefined : text);
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    inject: (fault) => {
      faults.push({ fault, left: fault.times ?? 1 });
    },
    rewriteBody: (wanted) => {
      changeBody = wanted;
    },
    rewrite: (wanted) => {
      change = wanted;
    },
    reset: () => {
      change = (path) => path;
      changeBody = undefined;
      calls.length = 0;
      faults = [];
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function callOf(incoming: IncomingMessage, body: Buffer): Call {
  const [, , region = '', service = ''] = (incoming.headers.authorization ?? '').split('/');
  const target = String(incoming.headers['x-amz-target'] ?? '');
  return {
    method: incoming.method ?? '',
    service,
    region,
    text: `${incoming.url} ${target} ${body.length < 10_000 ? body.toString() : ''}`,
    headers: incoming.headers,
  };
}

async function forward(url: URL, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const onward = request(url, {
    method: incoming.method ?? 'GET',
    headers: { ...incoming.headers, 'content-length': body.length },
  });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  return answer;
}

/** Error documents in the formats of the services. */
export const xmlError = (code: string, message = code) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
export const ec2Error = (code: string, message = code) =>
  `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`;
export const s3Error = (code: string, message = code) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
export const jsonError = (code: string, message = code) => JSON.stringify({ __type: code, message });
