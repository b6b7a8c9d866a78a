import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { Tracing } from '../../contract/tracing.ts';
import type { Handlers } from '../kernel/api/handler.ts';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { RequestMetric } from '../kernel/telemetry/metrics.ts';
import { assertAddressWithinLimit, authenticateAndLimit } from './authenticate-and-limit.ts';
import { rejectMalformed } from './client-errors.ts';
import type { Operation } from './contract.ts';
import { gatewayAddresses, LOOPBACK } from './gateway-identity.ts';
import { KnownKeyReserve } from './known-key-reserve.ts';
import {
  createListener,
  forceCloseAfter,
  LISTENER_LIMITS,
  type ListenerCertificate,
  type ListenerLimits,
  limitConnectionsPerAddress,
} from './listener.ts';
import { handleRequest, type PipelineOptions } from './pipeline.ts';
import { type ReadinessOptions, readReadiness } from './readiness.ts';
import { beginRequestTrace, endRequestTrace } from './request-trace.ts';
import { COMMON_HEADERS, responseText, sendJson, sendProblem } from './responses.ts';
import { type SignInOptions, signIn } from './sign-in.ts';
import { StreamAccess, type StreamLimits } from './stream-access.ts';
import { assertVerifiable, bodyOf, OCTETS, validateRequest } from './validation.ts';

export interface HttpOptions
  extends Omit<PipelineOptions, 'streamMaxMs' | 'streamAccess' | 'knownKeys'>,
    Omit<ReadinessOptions, 'draining'> {
  readonly contract: readonly Operation[];
  readonly handlers: Handlers;
  readonly signIn: SignInOptions;
  readonly newRequestId: () => string;
  /** Value of the header `ocpctl-mode` of every response. */
  readonly mode: 'sandbox' | 'real';
  /** Gets a span of each request; default none. */
  readonly tracing?: Tracing | undefined;
  readonly log: FastifyBaseLogger;
  /** Called after each response. */
  readonly observe?: ((request: RequestMetric) => void) | undefined;
  readonly limits?: Partial<ListenerLimits>;
  /** Addresses and networks of proxies whose X-Forwarded-For says who asks; default none. */
  readonly trustedProxies?: readonly string[];
  /** With it the server speaks HTTPS. */
  readonly certificate?: ListenerCertificate | undefined;
  /** Default 5 minutes. */
  readonly streamMaxMs?: number;
  readonly streamLimits?: StreamLimits;
}

const BODY_LIMIT_BYTES = 64 * 1024;
const MAX_PARAM_CHARACTERS = 100;
const STREAM_MAX_MS = 5 * 60_000;
const HEALTH_CHECKS = new Set(['/healthz', '/readyz']);

/** Binds every operation of the contract. Throws when one has no handler, or one that does not fit what the contract says of it. */
export function createHttpServer(given: HttpOptions): FastifyInstance {
  const options = { ...given, knownKeys: new KnownKeyReserve(systemClock) };
  const limits = { ...LISTENER_LIMITS, ...options.limits };
  const isProxy = gatewayAddresses([...LOOPBACK, ...(options.trustedProxies ?? [])]);
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: options.newRequestId,
    requestIdHeader: false,
    trustProxy:
      options.trustedProxies && options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: 'idle',
    // While it drains, what arrives on open connections is answered like everything else.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAM_CHARACTERS },
    frameworkErrors: (error, request, reply) =>
      void sendProblem(error, request, reply as unknown as FastifyReply),
    clientErrorHandler: rejectMalformed(options.newRequestId),
    serverFactory: (handler) => {
      const server = createListener(handler, limits, options.certificate);
      limitConnectionsPerAddress(server, limits.maxConnectionsPerAddress, isProxy);
      return server;
    },
  });
  app.removeAllContentTypeParsers();
  // Only bytes: nothing is parsed before the signature over them was verified.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  // The router holds each operation to its own limit.
  app.addContentTypeParser(OCTETS, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  const rejectUnknownRoute = async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    await authenticateAndLimit(options, request, reply, bodyOf(request));
    throw noSuchOperation(options.contract, request.method, pathOf(request.url), reply);
  };
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ ...COMMON_HEADERS, 'x-request-id': request.id, 'ocpctl-mode': options.mode });
    // The next request goes to another server; a connection that is closed under a request would fail it.
    if (options.draining.aborted) void reply.header('connection', 'close');
    if (!isHealthCheck(request)) beginRequestTrace(options.tracing, request);
    assertVerifiable(request);
    if (!isHealthCheck(request)) assertAddressWithinLimit(options, request);
    // Fastify would answer a QUERY without content itself, before authentication; no operation has this method.
    if (request.method === 'QUERY' && request.headers['content-type'] === undefined)
      await rejectUnknownRoute(request, reply);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url, routeOptions } = request;
    const { statusCode: status, elapsedTime } = reply;
    endRequestTrace(request, reply);
    options.observe?.({ method, route: routeOptions.url ?? 'none', status, seconds: elapsedTime / 1000 });
    request.log.info({ method, url: pathOf(url), status, ms: Math.round(elapsedTime) }, 'request');
  });
  forceCloseAfterDrain(app, limits.drainMs);
  const streamAccess = new StreamAccess(options.db, options.streamLimits);
  for (const operation of options.contract) bind(app, operation, options, streamAccess);
  app.setNotFoundHandler(rejectUnknownRoute);
  return app;
}

function bind(
  app: FastifyInstance,
  operation: Operation,
  options: HttpOptions & Pick<PipelineOptions, 'knownKeys'>,
  streamAccess: StreamAccess,
): void {
  const { method, url } = operation;
  if (operation.access.scope === 'public') {
    const answer = publicAnswers(options)[operation.id];
    if (!answer) throw new TypeError(`openapi.yaml: ${operation.id} must not be public`);
    app.route({
      method,
      url,
      handler: async (request, reply) => {
        validateRequest(operation, request, bodyOf(request));
        return sendJson(reply, 200, responseText(operation, 200, await answer()));
      },
    });
    return;
  }
  if (operation.access.scope === 'proof') {
    if (operation.id !== 'createSession')
      throw new TypeError(`openapi.yaml: only createSession may have the scope proof, not ${operation.id}`);
    app.route({
      method,
      url,
      handler: async (request, reply) => {
        const answer = await signIn(operation, options.signIn, request, reply);
        options.addressLimiter.refund(request.ip);
        return answer;
      },
    });
    return;
  }
  const handler = options.handlers[operation.id];
  if (!handler) throw new TypeError(`openapi.yaml: ${operation.id} has no handler`);
  if (
    (handler.kind === 'command') !== operation.needsIdempotencyKey ||
    (handler.kind === 'query') !== (method === 'GET')
  ) {
    throw new TypeError(
      `the handler of ${operation.id} is a ${handler.kind}, and openapi.yaml does not say so`,
    );
  }
  const pipeline = { ...options, streamAccess, streamMaxMs: options.streamMaxMs ?? STREAM_MAX_MS };
  app.route({
    method,
    url,
    ...(operation.maxBytes === undefined ? {} : { bodyLimit: operation.maxBytes }),
    handler: (request, reply) => handleRequest(operation, handler, pipeline, request, reply),
  });
}

/** Health checks are not rate limited: a traffic spike must not look like an outage. */
function isHealthCheck({ method, url }: FastifyRequest): boolean {
  return method === 'GET' && HEALTH_CHECKS.has(pathOf(url));
}

/** What anybody may ask, without a signature. */
function publicAnswers(options: HttpOptions): Readonly<Record<string, () => Promise<{ status: string }>>> {
  return { getHealth: async () => ({ status: 'ok' }), getReadiness: () => readReadiness(options) };
}

function noSuchOperation(
  contract: readonly Operation[],
  method: string,
  path: string,
  reply: FastifyReply,
): AppError {
  const here = contract.filter(({ url }) => new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`).test(path));
  if (here.length === 0) return new AppError('NOT_FOUND', `There is no ${path}.`);
  const methods = here.map((operation) => operation.method);
  void reply.header('allow', methods.join(', '));
  return new AppError('METHOD_NOT_ALLOWED', `${path} takes ${methods.join(', ')}, not ${method}.`);
}

function forceCloseAfterDrain(app: FastifyInstance, drainMs: number): void {
  let callOff: (() => void) | undefined;
  app.addHook('preClose', async () => {
    callOff = forceCloseAfter(app.server, drainMs);
  });
  app.addHook('onClose', async () => callOff?.());
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? url;
}
