import type { FastifyReply, FastifyRequest } from 'fastify';
import { decideAccess } from '../kernel/access/access-decision.ts';
import type { AnyCommand, Handler, OpenStream } from '../kernel/api/handler.ts';
import { ALL_TEAMS, type Caller } from '../kernel/caller.ts';
import type { Db } from '../kernel/db/db.ts';
import { AppError } from '../kernel/errors.ts';
import { fingerprintOf, once, parseIdempotencyKey } from '../kernel/idempotency/once.ts';
import { type AuthenticateAndLimitOptions, authenticateAndLimit } from './authenticate-and-limit.ts';
import type { Operation } from './contract.ts';
import type { DeniedRequestLog } from './denied-request-log.ts';
import { sendEventStream } from './event-stream.ts';
import { problemOf } from './problems.ts';
import { responseText, sendJson } from './responses.ts';
import type { StreamAccess } from './stream-access.ts';
import { bodyOf, type ValidatedRequest, validateRequest } from './validation.ts';

export interface PipelineOptions extends AuthenticateAndLimitOptions {
  readonly db: Db;
  readonly draining: AbortSignal;
  readonly deniedRequests: DeniedRequestLog;
  /** Longest life of an event stream; callers who still may read it then come back and resume. */
  readonly streamMaxMs: number;
  readonly streamAccess: StreamAccess;
}

type Call = ValidatedRequest & { readonly caller: Caller };

/** Authenticates, limits, authorizes and validates a request, in this order, and then runs its handler. */
export async function handleRequest(
  operation: Operation,
  handler: Handler,
  options: PipelineOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const rawBody = bodyOf(request);
  const caller = await authenticateAndLimit(options, request, reply, rawBody);
  request.log = request.log.child({ principal: caller.principal, sessionId: caller.sessionId });
  try {
    assertAuthorized(operation, caller);
    const call = { caller, ...validateRequest(operation, request, rawBody) };
    if (handler.kind === 'command')
      return await runCommand(operation, handler, options, call, request, reply);
    if (handler.kind === 'query' && handler.stream && wantsStream(request))
      return await stream(options, caller, handler.stream.bind(handler, call), request, reply);
    return sendJson(reply, 200, responseText(operation, 200, await handler.run(call)));
  } catch (error) {
    await logDenied(options.deniedRequests, operation, handler, caller, request, error);
    throw error;
  }
}

async function runCommand(
  operation: Operation,
  handler: AnyCommand,
  options: PipelineOptions,
  call: Call,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  // A dry run needs a key as well, as the contract says.
  const key = parseIdempotencyKey(request.headers['idempotency-key'] as string | undefined);
  const preview = await handler.preview?.(call);
  if (preview !== undefined) return sendJson(reply, 200, responseText(operation, 200, preview));
  const intent = {
    principal: call.caller.principal,
    operation: operation.id,
    key,
    fingerprint: fingerprintOf(request.method, request.raw.url ?? '', bodyOf(request)),
  };
  const textOf = (body: unknown) =>
    handler.complete ? JSON.stringify(body) : responseText(operation, handler.status, body);
  const answer = await once(options.db, intent, async (tx) => ({
    status: handler.status,
    body: textOf(await handler.run(tx, call)),
  }));
  if (answer.replayed) {
    // The caller may have left the team since then.
    await handler.authorizeReplay(call.caller, JSON.parse(answer.body));
    void reply.header('idempotent-replayed', 'true');
  }
  const whole = await handler.complete?.(call.caller, JSON.parse(answer.body), answer.replayed);
  return sendJson(
    reply,
    answer.status,
    whole === undefined ? answer.body : responseText(operation, answer.status, whole),
  );
}

/** Failed commands and secret accesses are audited; of queries, those that were not allowed or asked for what is not the caller's. */
async function logDenied(
  deniedRequests: DeniedRequestLog,
  operation: Operation,
  handler: Handler,
  caller: Caller,
  request: FastifyRequest,
  error: unknown,
): Promise<void> {
  const { code } = problemOf(error, request.id).body;
  const [target = ''] = Object.values(request.params as Record<string, string>);
  if (handler.kind === 'query') {
    if (code !== 'FORBIDDEN' && code !== 'NOT_FOUND') return;
    await deniedRequests.record(caller, {
      action: 'access.read',
      target,
      status: 'DENIED',
      metadata: { operation: operation.id, code },
    });
    return;
  }
  if (code === 'REQUEST_IN_FLIGHT' || code === 'UNAVAILABLE') return;
  await deniedRequests.record(caller, {
    action: handler.action,
    target,
    status: code === 'FORBIDDEN' ? 'DENIED' : 'FAILURE',
    metadata: { code },
  });
}

function assertAuthorized({ access }: Operation, caller: Caller): void {
  const { allowed, rule } = decideAccess(access, caller.grants);
  if (allowed) return;
  if (rule === 'TEAM_MISSING') {
    throw new AppError('FORBIDDEN', `${caller.principal} may not do this for the whole installation.`, {
      errors: [
        {
          field: 'principal',
          code: 'TEAM_MISSING',
          message: 'the role is needed in all teams',
          allowed: [ALL_TEAMS],
        },
      ],
    });
  }
  throw new AppError('FORBIDDEN', `${caller.principal} has no role that permits this.`, {
    errors: [
      {
        field: 'principal',
        code: 'ROLE_MISSING',
        message: 'one of these roles is needed',
        allowed: access.roles,
      },
    ],
  });
}

function wantsStream(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/event-stream');
}

async function stream(
  { draining, streamMaxMs, streamAccess }: PipelineOptions,
  caller: Caller,
  open: (lastEventId: string | undefined) => Promise<OpenStream>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const messages = await open(request.headers['last-event-id'] as string | undefined);
  if (draining.aborted)
    throw new AppError('UNAVAILABLE', 'The server is shutting down.', { retryAfterSeconds: 5 });
  const access = streamAccess.watch(caller);
  const stop = AbortSignal.any([draining, AbortSignal.timeout(streamMaxMs), access.changed]);
  await sendEventStream(request, reply, messages, stop).finally(() => access.release());
}
