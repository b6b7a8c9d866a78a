import type { Transport } from '../client/transport.ts';
import { parseTraceparent, tracesUrl } from '../contract/tracing.ts';

/** The trace of one run of a command. */
export interface CommandTrace {
  /** Adds the header `traceparent` to requests. It is not signed: proxies may replace it, and it decides no answer. */
  carriedBy(transport: Transport): Transport;
  /** Sends the span of the command. @param error what the command failed with */
  end(error: unknown): Promise<void>;
}

export const NO_TRACE: CommandTrace = { carriedBy: (transport) => transport, end: async () => {} };

/**
 * Begins a span when a collector is configured; the packages of OpenTelemetry are loaded only then. Without one, the trace of
 * TRACEPARENT is passed on.
 */
export async function openCommandTrace(
  env: NodeJS.ProcessEnv,
  command: string,
  version: string,
): Promise<CommandTrace> {
  const parent = parseTraceparent(env['TRACEPARENT']);
  const url = tracesUrl(env['OTEL_EXPORTER_OTLP_ENDPOINT'], env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
  if (url === undefined || !URL.canParse(url))
    return parent === undefined ? NO_TRACE : { ...NO_TRACE, carriedBy: withHeader(parent) };
  const { openOtlpTracing } = await import('../tracing/otlp-tracing.ts');
  const tracing = openOtlpTracing({ url, service: 'ocpctl', version });
  const span = tracing.start(`ocpctl ${command.replaceAll(':', ' ')}`, { kind: 'client', parent });
  return {
    carriedBy: withHeader(span.traceparent),
    async end(error) {
      span.end({ error: error === undefined ? undefined : codeOf(error) });
      await tracing.close();
    },
  };
}

const withHeader =
  (traceparent: string) =>
  (inner: Transport): Transport => ({
    send: (request) => inner.send({ ...request, headers: { ...request.headers, traceparent } }),
    close: () => inner.close(),
  });

/** Only the code: messages may name what is secret. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'ERROR';
}
