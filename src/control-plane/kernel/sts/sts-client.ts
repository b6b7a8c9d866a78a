import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { STS_REQUEST } from '../../../contract/sts-proof.ts';
import { type StsProof, stsHeaders } from './proof.ts';

export interface StsResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** STS gave no usable answer; `retryable` when another attempt may succeed. */
export class StsNoAnswerError extends Error {
  override readonly name = 'StsNoAnswerError';
  readonly retryable: boolean;
  /** STS asks this account to slow down. */
  readonly throttled: boolean;
  constructor(message: string, retryable: boolean, options: { cause?: unknown; throttled?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryable = retryable;
    this.throttled = options.throttled ?? false;
  }
}

export interface StsClient {
  /** @throws StsNoAnswerError */
  send(proof: StsProof): Promise<StsResponse>;
  close(): void;
}

export interface StsClientOptions {
  /** Connects there instead of to the endpoint of the region, whose host name stays in the request: for VPC endpoints and tests. */
  readonly endpoint?: URL | undefined;
  /** For the whole response; default 3 seconds. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 3_000;
const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_SOCKETS = 20;

/**
 * Sends proofs to STS. Node's HTTP client follows no redirects and its agents use no proxy from the environment, so a request cannot
 * be sent anywhere else.
 */
export function stsClient({ endpoint, timeoutMs = TIMEOUT_MS }: StsClientOptions): StsClient {
  const plain = endpoint?.protocol === 'http:';
  const agent = new (plain ? HttpAgent : HttpsAgent)({ keepAlive: true, maxSockets: MAX_SOCKETS });
  return {
    close: () => agent.destroy(),
    send: (proof) =>
      new Promise<StsResponse>((resolve, reject) => {
        const signal = AbortSignal.timeout(timeoutMs);
        const outgoing = (plain ? httpRequest : httpsRequest)({
          agent,
          signal,
          hostname: endpoint?.hostname ?? proof.host,
          port: endpoint?.port || undefined,
          method: STS_REQUEST.method,
          path: STS_REQUEST.path,
          headers: { ...stsHeaders(proof), 'content-length': Buffer.byteLength(STS_REQUEST.body) },
        });
        const silent = (cause: unknown) =>
          reject(
            new StsNoAnswerError(signal.aborted ? `no answer in ${timeoutMs} ms` : 'no connection', true, {
              cause,
            }),
          );
        outgoing.on('error', silent);
        outgoing.on('response', (incoming) => void readResponse(incoming).then(resolve, reject));
        outgoing.end(STS_REQUEST.body);
      }),
  };
}

async function readResponse(incoming: IncomingMessage): Promise<StsResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_RESPONSE_BYTES) throw new StsNoAnswerError('response of more than 64 KiB', false);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof StsNoAnswerError
      ? error
      : new StsNoAnswerError('incomplete response', true, { cause: error });
  }
  return {
    status: incoming.statusCode ?? 0,
    contentType: incoming.headers['content-type'] ?? '',
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
