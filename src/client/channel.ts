import { toApiError, UnreachableError } from './api-error.ts';
import { type ClientClock, type Random, systemClientClock, systemRandom } from './client-clock.ts';
import { LostAnswers } from './lost-answers.ts';
import { type OutagePolicy, throughOutage } from './outage.ts';
import { withRetries } from './retry.ts';
import type { Credentials } from './signature-v4.ts';
import { type CredentialSource, createSigner } from './signer.ts';
import {
  createTransport,
  readText,
  type TextResponse,
  type Transport,
  type TransportResponse,
} from './transport.ts';

export interface ChannelOptions {
  /** For example `http://127.0.0.1:8420`. */
  readonly server: string;
  readonly credentials: Credentials | CredentialSource;
  readonly region: string | (() => Promise<string>);
  /** For one call, including retries. */
  readonly timeoutMs: number;
  /** For reads that wait longer than that for a server that is away (default: none do). */
  readonly outage?: OutagePolicy | undefined;
  readonly userAgent: string;
  readonly clock?: ClientClock;
  readonly random?: Random;
  readonly transport?: Transport;
}

export interface ApiRequest {
  readonly method: string;
  /** Path and query, without the path of the server's URL. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** A change that does no harm when it is repeated, without an `idempotency-key`. */
  readonly isRepeatable?: boolean;
  /** Instead of that of the channel, for a call that sends much. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Signed requests to one server; every retry has a new signature. */
export interface Channel {
  readonly server: string;
  readonly clock: ClientClock;
  readonly random: Random;
  /**
   * Sends a request with retries. A mutation is repeated only if it has an `idempotency-key`.
   * @throws ApiError for an error response, UnreachableError without a response, the reason of the signal if it aborts.
   */
  send(request: ApiRequest): Promise<TextResponse>;
  /** The same for a streamed response. @param idleTimeoutMs longest pause between two chunks. */
  open(request: ApiRequest, idleTimeoutMs: number): Promise<TransportResponse>;
  /** Closes idle connections. */
  close(): void;
}

interface Reader<T> {
  /** Default: the whole response must arrive before the deadline of the call. */
  readonly idleTimeoutMs?: number;
  read(response: TransportResponse): Promise<T>;
}

export function createChannel(options: ChannelOptions): Channel {
  const {
    clock = systemClientClock,
    random = systemRandom,
    timeoutMs,
    userAgent,
    outage,
    credentials,
    region,
  } = options;
  const url = new URL(options.server);
  const server = `${url.origin}${url.pathname.replace(/\/$/, '')}`;
  const transport = options.transport ?? createTransport(url);
  const source = 'current' in credentials ? credentials : undefined;
  let used: Credentials | undefined;
  const keys = async () => {
    used = 'current' in credentials ? await credentials.current() : credentials;
    return used;
  };
  const signer = createSigner({ credentials: keys, region, host: url.host, clock, random });

  async function exchange(
    request: ApiRequest,
    timeouts: { headersTimeoutMs: number; idleTimeoutMs: number },
  ) {
    // Outside the catch for network errors: failing to get credentials is a different error.
    const signed = await signer.sign(prepare(request, server.slice(url.origin.length), userAgent));
    const { signal } = request;
    return transport
      .send({ ...signed, ...timeouts, ...(signal === undefined ? {} : { signal }) })
      .catch(unreachable(server, signal));
  }

  /** One attempt. After a 401 it is repeated once with the server's time and once with renewed keys. */
  async function attempt<T>(request: ApiRequest, deadlineMs: number, reader: Reader<T>): Promise<T> {
    let corrected = false;
    let renewed = false;
    for (;;) {
      const leftMs = Math.max(1, Math.ceil(deadlineMs - clock.monotonicMs()));
      const timeouts = { headersTimeoutMs: leftMs, idleTimeoutMs: reader.idleTimeoutMs ?? leftMs };
      const response = await exchange(request, timeouts);
      if (response.status >= 200 && response.status < 300)
        return reader.read(reachable(response, request.signal));
      const { text } = await readText(reachable(response, request.signal));
      const date = response.status === 401 && !corrected ? response.header('date') : undefined;
      if (date !== undefined && signer.adoptServerTime(new Date(date))) corrected = true;
      else if (response.status === 401 && !renewed && used && (await source?.renew(used))) renewed = true;
      else throw toApiError(response, text, server, clock.now());
    }
  }

  function perform<T>(request: ApiRequest, reader: Reader<T>): Promise<T> {
    const isMutation = MUTATING.test(request.method);
    const hasKey = request.headers?.['idempotency-key'] !== undefined;
    const { signal } = request;
    const answers = isMutation && hasKey ? new LostAnswers() : undefined;
    const call = () => {
      const deadlineMs = clock.monotonicMs() + (request.timeoutMs ?? timeoutMs);
      const policy = {
        clock,
        random,
        deadlineMs,
        repeatable: !isMutation || hasKey || request.isRepeatable === true,
        signal,
      };
      if (answers === undefined) return withRetries(() => attempt(request, deadlineMs, reader), policy);
      const send = () => attempt(request, deadlineMs, reader).catch(answers.note);
      return withRetries(send, policy).catch(answers.mark);
    };
    // A stream is opened again by who reads it.
    const isStream = reader.idleTimeoutMs !== undefined;
    if (isMutation || isStream || outage === undefined) return call();
    return throughOutage(call, outage, { clock, random, signal });
  }

  function reachable(response: TransportResponse, signal: AbortSignal | undefined): TransportResponse {
    return { ...response, body: mapErrors(response.body, unreachable(server, signal)) };
  }

  return {
    server,
    clock,
    random,
    send: (request) => perform(request, { read: readText }),
    open: (request, idleTimeoutMs) => perform(request, { idleTimeoutMs, read: async (response) => response }),
    close: () => transport.close(),
  };
}

const MUTATING = /^(?:POST|PUT|PATCH|DELETE)$/;

function prepare({ method, target, headers, body }: ApiRequest, prefix: string, userAgent: string) {
  const all: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent, ...headers };
  const bytes = body === undefined ? undefined : Buffer.from(body);
  if (bytes !== undefined) all['content-type'] ??= 'application/json';
  if (bytes !== undefined || MUTATING.test(method)) all['content-length'] = String(bytes?.byteLength ?? 0);
  const request = { method, target: prefix + target, headers: all };
  return bytes === undefined ? request : { ...request, body: bytes };
}

/** Maps network errors to UnreachableError; aborts and programming errors are rethrown. */
function unreachable(server: string, signal: AbortSignal | undefined): (thrown: unknown) => never {
  return (thrown) => {
    if (signal?.aborted === true) throw signal.reason;
    throw isNetworkError(thrown) ? new UnreachableError(server, thrown) : thrown;
  };
}

/** Node's network errors have a code; TypeErrors with a code are about invalid arguments. */
function isNetworkError(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && !(thrown instanceof TypeError);
}

async function* mapErrors<T>(
  source: AsyncIterable<T>,
  rethrow: (thrown: unknown) => never,
): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (thrown) {
    rethrow(thrown);
  }
}
