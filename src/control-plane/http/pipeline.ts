import type { FastifyReply, FastifyRequest } from 'fastify';
import { decideAccess } from '../kernel/access/access-decision.ts';
import { ALL_TEAMS, type Caller } from '../kernel/caller.ts';
import type { Db, Tx } from '../kernel/db/db.ts';
import { AppError } from '../kernel/errors.ts';
import { fingerprintOf, once, parseIdempotencyKey } from '../kernel/idempotency/once.ts';
import { type AuthenticateAndLimitOptions, authenticateAndLimit } from './authenticate-and-limit.ts';
import type { Operation } from './contract.ts';
import type { DeniedRequestLog } from './denied-request-log.ts';
import { sendEventStream } from './event-stream.ts';
import type { JobEventReader } from './job-events.ts';
import { problemOf } from './problems.ts';
import { responseText, sendJson } from './responses.ts';
import { bodyOf, type ValidatedRequest, validateRequest } from './validation.ts';

/** A handler whose types were checked where it was made; here every operation looks the same. */
export type AnyHandler =
  | { readonly kind: 'reading'; run(call: unknown): Promise<unknown> }
  | { readonly kind: 'opening'; readonly action: string; run(call: unknown): Promise<unknown> }
  | AnyCommand;

interface AnyCommand {
  readonly kind: 'mutation';
  readonly action: string;
  readonly status: number;
  preview?(call: unknown): Promise<unknown> | undefined;
  run(tx: Tx, call: unknown): Promise<unknown>;
  authorizeReplay(caller: Caller, answer: unknown): Promise<void>;
  complete?(caller: Caller, answer: unknown, replayed: boolean): Promise<unknown>;
}

export interface PipelineOptions extends AuthenticateAndLimitOptions {
  readonly db: Db;
  readonly events: JobEventReader;
  readonly draining: AbortSignal;
  readonly deniedRequests: DeniedRequestLog;
  /** Longest life of an event stream; whoever still may then comes back and resumes. */
  readonly streamMaxMs: number;
}

type Call = ValidatedRequest & { readonly caller: Caller };

/** One way for every request: who, within their budget, may they, is it well-formed, then the work. */
export async function handleRequest(
  operation: Operation,
  handler: AnyHandler,
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
    if (handler.kind === 'mutation')
      return await runCommand(operation, handler, options, call, request, reply);
    if (operation.id === 'listJobEvents' && wantsStream(request))
      return await stream(options, call, request, reply);
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
  // A plan is asked for with a key as well: what the contract says holds whatever else is in the request.
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
    // The caller may have left the team since: what the answer tells is then no longer theirs.
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

/** The trail names what was refused as well; of readings, what was not allowed. */
async function logDenied(
  deniedRequests: DeniedRequestLog,
  operation: Operation,
  handler: AnyHandler,
  caller: Caller,
  request: FastifyRequest,
  error: unknown,
): Promise<void> {
  const { code } = problemOf(error, request.id).body;
  const [target = ''] = Object.values(request.params as Record<string, string>);
  if (handler.kind === 'reading') {
    if (code === 'FORBIDDEN') await deniedRequests.recordDeniedRead(caller, operation.id, target);
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
  throw new AppError('FORBIDDEN', `${caller.principal} holds no role that may do this.`, {
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
  { events, draining, streamMaxMs }: PipelineOptions,
  call: Call,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { id } = call.path as { id: string };
  const lastEventId = request.headers['last-event-id'] as string | undefined;
  const start = await events.startOf(call.caller, id, call.query as object, lastEventId);
  if (draining.aborted)
    throw new AppError('UNAVAILABLE', 'The server is going away.', { retryAfterSeconds: 5 });
  const stop = AbortSignal.any([draining, AbortSignal.timeout(streamMaxMs)]);
  await sendEventStream(request, reply, (signal) => events.follow(call.caller, id, start, signal), stop);
}
