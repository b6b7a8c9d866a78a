import { createServer } from 'node:http';
import { fastify, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Caller } from '../kernel/access/caller.ts';
import { audit, PLATFORM_STREAM } from '../kernel/audit/audit.ts';
import type { Db, Tx } from '../kernel/db/db.ts';
import { AppError } from '../kernel/errors.ts';
import { fingerprintOf, once, parseIdempotencyKey } from '../kernel/idempotency/once.ts';
import type { Operation } from './contract.ts';
import { sendEventStream } from './event-stream.ts';
import type { JobEventReader } from './job-events.ts';
import type { Handlers } from './operations.ts';
import { problemOf, validationError } from './problems.ts';

export interface HttpOptions {
  readonly contract: readonly Operation[];
  readonly handlers: Handlers;
  readonly events: JobEventReader;
  readonly db: Db;
  readonly authenticate: (request: FastifyRequest, body: Uint8Array) => Promise<Caller>;
  /** Throws when the server cannot serve: database away, not migrated. */
  readonly checkReady: () => Promise<void>;
  readonly draining: AbortSignal;
  readonly newRequestId: () => string;
  readonly log: FastifyBaseLogger;
}

/** A handler whose types were checked where it was made; here every operation looks the same. */
type AnyHandler =
  | { readonly kind: 'reading'; run(call: unknown): Promise<unknown> }
  | {
      readonly kind: 'mutation';
      readonly status: number;
      preview?(call: unknown): Promise<unknown> | undefined;
      run(tx: Tx, call: unknown): Promise<unknown>;
    };

const NO_BODY = new Uint8Array();

/** Binds every operation of the contract. Throws when one has no handler. */
export function createHttpServer(options: HttpOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: options.log,
    disableRequestLogging: true,
    genReqId: options.newRequestId,
    requestIdHeader: false,
    requestIdLogLabel: 'requestId',
    // Node's and Fastify's defaults hold a slow client for ever.
    bodyLimit: 64 * 1024,
    requestTimeout: 15_000,
    connectionTimeout: 20_000,
    keepAliveTimeout: 5_000,
    maxRequestsPerSocket: 1_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 100 },
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply as unknown as FastifyReply),
    serverFactory: (handler) => {
      const server = createServer(
        { headersTimeout: 5_000, requestTimeout: 15_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 8_192 },
        handler,
      );
      server.maxHeadersCount = 64;
      server.maxConnections = 500;
      server.keepAliveTimeout = 5_000;
      return server;
    },
  });
  app.removeAllContentTypeParsers();
  // Only bytes: nothing is parsed before the signature over them was verified.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id).header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url } = request;
    request.log.info({ method, url: url.split('?')[0], status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
  });
  for (const operation of options.contract) bind(app, operation, options);
  app.setNotFoundHandler(async (request) => {
    await options.authenticate(request, bodyOf(request));
    throw new AppError('NOT_FOUND', `There is no ${request.method} ${request.url.split('?')[0]}.`);
  });
  return app;
}

function bind(app: FastifyInstance, operation: Operation, options: HttpOptions): void {
  const { method, url } = operation;
  if (operation.id === 'getHealth') {
    app.route({ method, url, handler: async () => ({ status: 'ok' }) });
    return;
  }
  if (operation.id === 'getReadiness') {
    app.route({ method, url, handler: () => readiness(options) });
    return;
  }
  const handler = (options.handlers as Record<string, AnyHandler | undefined>)[operation.id];
  if (!handler) throw new TypeError(`openapi.yaml names ${operation.id}, which has no handler`);
  app.route({ method, url, handler: (request, reply) => handle(operation, handler, options, request, reply) });
}

async function readiness(options: HttpOptions): Promise<{ status: string }> {
  if (options.draining.aborted) throw new AppError('UNAVAILABLE', 'The server is going away.', { retryAfterSeconds: 5 });
  await options.checkReady();
  return { status: 'ready' };
}

/** One way for every request: who, may they, is it well-formed, then the work. */
async function handle(
  operation: Operation,
  handler: AnyHandler,
  options: HttpOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const rawBody = bodyOf(request);
  const caller = await options.authenticate(request, rawBody);
  try {
    mayCall(operation, caller);
    const call = { caller, ...validated(operation, request, rawBody) };
    if (operation.id === 'listJobEvents' && wantsStream(request)) return await stream(options, call, request, reply);
    if (handler.kind === 'reading') return send(reply, operation, 200, await handler.run(call));
    const preview = await handler.preview?.(call);
    if (preview !== undefined) return send(reply, operation, 200, preview);
    const key = parseIdempotencyKey(request.headers['idempotency-key'] as string | undefined);
    const intent = {
      principal: caller.principal,
      operation: operation.id,
      key,
      fingerprint: fingerprintOf(request.method, request.raw.url ?? '', rawBody),
    };
    const answer = await once(options.db, intent, async (tx) => ({
      status: handler.status,
      body: JSON.stringify(checked(operation, handler.status, await handler.run(tx, call))),
    }));
    if (answer.replayed) void reply.header('idempotent-replayed', 'true');
    return reply.code(answer.status).type('application/json; charset=utf-8').send(answer.body);
  } catch (error) {
    if (handler.kind === 'mutation') await recordRefusal(options, operation, caller, error);
    throw error;
  }
}

/** The trail names refused mutations as well. Its own failure must not hide the refusal. */
async function recordRefusal(options: HttpOptions, operation: Operation, caller: Caller, error: unknown): Promise<void> {
  if (!(error instanceof AppError) || error.code === 'REQUEST_IN_FLIGHT') return;
  await audit(options.db, PLATFORM_STREAM, caller, {
    action: operation.id,
    target: '',
    status: error.code === 'FORBIDDEN' ? 'DENIED' : 'FAILURE',
    metadata: { code: error.code },
  }).catch((failure: unknown) => options.log.error({ err: failure }, 'a refusal could not be audited'));
}

function mayCall({ access }: Operation, caller: Caller): void {
  if (caller.grants.some(({ role }) => access.roles.includes(role))) return;
  throw new AppError('FORBIDDEN', `${caller.principal} holds no role that may do this.`, {
    errors: [{ field: 'principal', code: 'ROLE_MISSING', message: 'one of these roles is needed', allowed: access.roles }],
  });
}

interface Validated {
  readonly path: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

function validated({ validate }: Operation, request: FastifyRequest, rawBody: Uint8Array): Validated {
  const path = { ...(request.params as object) };
  const query = { ...(request.query as object) };
  if (!validate.params(path)) throw validationError('path', validate.params.errors ?? []);
  if (!validate.query(query)) throw validationError('query', validate.query.errors ?? []);
  if (!validate.headers({ ...request.headers })) throw validationError('header', validate.headers.errors ?? []);
  if (!validate.body) {
    if (rawBody.length > 0) throw new AppError('BAD_REQUEST', 'This operation takes no body.');
    return { path, query, body: undefined };
  }
  const body = parseJson(rawBody);
  if (!validate.body(body)) throw validationError('body', validate.body.errors ?? []);
  return { path, query, body };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError('__proto__');
      return value;
    });
  } catch (cause) {
    throw new AppError('BAD_REQUEST', 'The body is not JSON in UTF-8.', { cause });
  }
}

/** Holds our own answers to the contract; what it does not declare is taken out. */
function checked(operation: Operation, status: number, body: unknown): unknown {
  const validate = operation.answers.get(status);
  if (!validate) throw new TypeError(`${operation.id} answers ${status}, which the contract does not know`);
  if (!validate(body)) {
    throw new TypeError(`${operation.id} would answer off the contract: ${JSON.stringify(validate.errors)}`);
  }
  return body;
}

function send(reply: FastifyReply, operation: Operation, status: number, body: unknown): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(checked(operation, status, body)));
}

function wantsStream(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/event-stream');
}

async function stream(
  options: HttpOptions,
  call: Validated & { readonly caller: Caller },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { id } = call.path as { id: string };
  const lastEventId = request.headers['last-event-id'] as string | undefined;
  const start = await options.events.startOf(call.caller, id, call.query as object, lastEventId);
  await sendEventStream(request, reply, (signal) => options.events.follow(call.caller, id, start, signal), options.draining);
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id);
  if (problem.isBug) request.log.error({ err: error }, 'request failed');
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem.body));
}

function bodyOf(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : NO_BODY;
}
