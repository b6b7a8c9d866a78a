import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseTraceparent, type Span, type Tracing, traceIdOf } from '../../contract/tracing.ts';

interface RequestTrace {
  readonly span: Span | undefined;
  readonly traceparent: string | undefined;
}

const TRACES = new WeakMap<FastifyRequest, RequestTrace>();

/** Begins the span of a request, a part of the trace of its header `traceparent`. An invalid header is ignored. */
export function beginRequestTrace(tracing: Tracing | undefined, request: FastifyRequest): void {
  const header = request.headers['traceparent'];
  const parent = parseTraceparent(typeof header === 'string' ? header : undefined);
  const route = request.routeOptions.url ?? 'none';
  const span = tracing?.start(`${request.method} ${route}`, {
    kind: 'server',
    parent,
    attributes: {
      'http.request.method': request.method,
      'http.route': route,
      'ocpctl.request.id': request.id,
    },
  });
  const traceparent = span?.traceparent ?? parent;
  if (traceparent === undefined) return;
  TRACES.set(request, { span, traceparent });
  request.log = request.log.child({ traceId: traceIdOf(traceparent) });
}

/** What work for this request is a part of. */
export function traceparentOf(request: FastifyRequest): string | undefined {
  return TRACES.get(request)?.traceparent;
}

export function endRequestTrace(request: FastifyRequest, { statusCode }: FastifyReply): void {
  TRACES.get(request)?.span?.end({
    ...(statusCode >= 500 ? { error: String(statusCode) } : {}),
    attributes: { 'http.response.status_code': statusCode },
  });
}
