import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../../kernel/clock.ts';
import { type ClientRequest, type ClientResponse, hasBody } from './client-exchange.ts';
import type { EdgeLimits } from './edge-listener.ts';
import { isWholeWithoutContent, type UpstreamFailure, upstreamFailure } from './edge-metrics.ts';
import type { EdgeTarget } from './edge-target.ts';
import type { EdgeAnswer } from './error-page.ts';
import { type ClientIdentity, rawBuffers, requestHeaders, responseHeaders } from './forwarded-headers.ts';
import { BodyTooLargeError, discardRest, LimitedBody } from './limited-body.ts';
import type { RequestRecord } from './request-record.ts';
import { chooseUpstream, type RoutedService } from './routing-table.ts';
import type { Upstream } from './upstream.ts';

export interface ForwardedRequestOptions {
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  readonly target: EdgeTarget;
  readonly record: RequestRecord;
  readonly client: ClientIdentity;
  /** The host's route now: asked again for a retry. */
  readonly findService: () => RoutedService | undefined;
  readonly service: RoutedService;
  /** Grows with each request of the edge. */
  readonly turn: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly timeouts: Pick<EdgeLimits, 'bodyIdleMs' | 'sendIdleMs'>;
  /** The client waits for 100 (Continue) before it sends the body. */
  readonly expectsContinue: boolean;
  /** Answers instead of the upstream; nothing was sent yet. */
  readonly refuse: (answer: EdgeAnswer) => void;
  readonly onUpstreamError: (failure: UpstreamFailure, error: Error) => void;
  /** For an upgrade only: takes the connection that the upstream upgraded. */
  readonly onUpgrade?: (headers: readonly Buffer[], socket: Duplex, upstream: Upstream) => void;
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

class ClientGoneError extends Error {}

/** One request on its way to an upstream, and the answer on its way back. */
export class ForwardedRequest implements Dispatcher.DispatchHandler {
  readonly #options: ForwardedRequestOptions;
  readonly #hasBody: boolean;
  #upstream: Upstream | undefined;
  #release: () => void = () => {};
  #controller: Dispatcher.DispatchController | undefined;
  /** Since the last attempt began. */
  #wroteBytes = false;
  #finished = false;
  #timer: NodeJS.Timeout | undefined;
  #bodyTimer: NodeJS.Timeout | undefined;
  #sendTimer: NodeJS.Timeout | undefined;
  #body: LimitedBody | undefined;
  constructor(options: ForwardedRequestOptions) {
    this.#options = options;
    this.#hasBody = hasBody(options.request);
  }

  start(): void {
    const { response } = this.#options;
    response.on('drain', () => {
      clearTimeout(this.#sendTimer);
      this.#controller?.resume();
    });
    response.on('close', () => {
      if (!this.#finished) this.#abort(new ClientGoneError('the client ended the connection'));
    });
    this.#attempt(this.#options.service);
  }

  #attempt(service: RoutedService): void {
    const { request, target, turn, clock, record, client, onUpgrade } = this.#options;
    const upstream = chooseUpstream(service.upstreams, turn, clock.monotonicMs(), this.#upstream);
    if (upstream === undefined) {
      this.#fail('bad-gateway');
      return;
    }
    record.attempts += 1;
    record.upstreamId = upstream.id;
    this.#upstream = upstream;
    this.#release = upstream.acquire();
    this.#wroteBytes = false;
    this.#controller = undefined;
    const { rawHeaders } = request;
    const { requestId } = record;
    const dispatch: Dispatcher.DispatchOptions = {
      path: target.path,
      method: request.method ?? 'GET',
      headers: requestHeaders({ rawHeaders, authority: target.authority, requestId, client }),
      ...(onUpgrade === undefined ? {} : { upgrade: 'websocket' }),
      ...(this.#hasBody ? { body: this.#openBody(service.route.maxBodyBytes) } : {}),
    };
    this.#timer = setTimeout(() => this.#timeOut(), service.route.responseTimeoutMs);
    upstream.dispatch(dispatch, this);
  }

  #openBody(maxBytes: number): LimitedBody {
    const { request, response, record, expectsContinue, timeouts } = this.#options;
    const body = new LimitedBody(maxBytes, (bytes) => {
      record.bytesIn += bytes;
      this.#timer?.refresh();
      this.#bodyTimer?.refresh();
    });
    this.#body = body;
    this.#bodyTimer = setTimeout(() => this.#checkBody(), timeouts.bodyIdleMs);
    // An error that comes when undici listens no more.
    body.on('error', () => {});
    if (expectsContinue) response.writeContinue();
    request.pipe(body);
    return body;
  }

  /** The client is slow only when it is not the upstream that takes no more. */
  #checkBody(): void {
    if (this.#body?.writableNeedDrain === true) this.#bodyTimer?.refresh();
    else this.#end('request-timeout', new Error('the body did not arrive in time'));
  }

  #timeOut(): void {
    const waitsForClient = this.#body?.writableEnded === false && !this.#body.writableNeedDrain;
    if (waitsForClient) {
      this.#timer?.refresh();
      return;
    }
    const error = new Error('no answer in time');
    this.#options.onUpstreamError('timeout', error);
    this.#end('gateway-timeout', error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#finished) controller.abort(new ClientGoneError('the client ended the connection'));
    else this.#wroteBytes = true;
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    _status: number,
    _headers: unknown,
    socket: Duplex,
  ): void {
    this.#stopTimer();
    const { onUpgrade } = this.#options;
    if (onUpgrade === undefined || this.#upstream === undefined || this.#finished) socket.destroy();
    else onUpgrade(rawBuffers(controller.rawHeaders), socket, this.#upstream);
    this.#finish();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.#finished) return;
    this.#stopTimer();
    const { response, record } = this.#options;
    response.writeHead(status, responseHeaders(rawBuffers(controller.rawHeaders), record.requestId));
    record.answered(status);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#finished) return;
    this.#options.record.bytesOut += chunk.length;
    if (this.#options.response.write(chunk)) return;
    controller.pause();
    this.#sendTimer = setTimeout(
      () => this.#abort(new ClientGoneError('the client does not read')),
      this.#options.timeouts.sendIdleMs,
    );
  }

  onResponseEnd(): void {
    if (this.#finished) return;
    this.#options.response.end();
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#release();
    if (this.#finished) return;
    this.#stopTimer();
    if (isWholeWithoutContent(error, this.#options.record.status)) {
      this.#options.response.end();
      this.#finish();
      return;
    }
    if (error instanceof BodyTooLargeError) {
      this.#fail('body-too-large');
      return;
    }
    if ('code' in error && error.code === 'UND_ERR_INVALID_ARG') {
      this.#fail('bad-request');
      return;
    }
    const { clock, onUpstreamError, request, record } = this.#options;
    if (!this.#wroteBytes) this.#upstream?.avoidFrom(clock.monotonicMs());
    const failure = upstreamFailure(error, this.#wroteBytes);
    onUpstreamError(failure, error);
    const mayRetry =
      !this.#wroteBytes && record.attempts === 1 && !this.#hasBody && IDEMPOTENT.has(request.method ?? '');
    const service = mayRetry ? this.#options.findService() : undefined;
    if (service !== undefined) this.#attempt(service);
    else this.#fail(failure === 'timeout' ? 'gateway-timeout' : 'bad-gateway');
  }

  /** Ends the attempt, and answers when nothing was sent yet. */
  #end(answer: EdgeAnswer, reason: Error): void {
    if (this.#finished) return;
    this.#fail(answer);
    this.#controller?.abort(reason);
  }

  #fail(answer: EdgeAnswer): void {
    const { response, record, refuse } = this.#options;
    this.#finish();
    if (!response.headersSent) {
      refuse(answer);
      return;
    }
    // What is cut off must not look complete.
    record.cutOff();
    response.destroy(new Error('the answer of the upstream was cut off'));
  }

  /** The client is gone, or is given up. */
  #abort(reason: Error): void {
    if (this.#finished) return;
    this.#finish();
    this.#controller?.abort(reason);
    this.#options.response.destroy();
  }

  /** A refresh would start a cleared timer again. */
  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #finish(): void {
    this.#finished = true;
    this.#stopTimer();
    clearTimeout(this.#bodyTimer);
    this.#bodyTimer = undefined;
    clearTimeout(this.#sendTimer);
    if (this.#controller !== undefined) this.#release();
    if (this.#body === undefined) return;
    this.#body.destroy();
    discardRest(this.#options.request);
  }
}
