export type SpanAttributes = Readonly<Record<string, string | number>>;

export interface SpanOptions {
  /** Default `internal`. */
  readonly kind?: 'internal' | 'server' | 'client' | 'consumer';
  /** Of the span that this one is a part of, as the header `traceparent` has it; without one it begins a trace. */
  readonly parent?: string | null | undefined;
  readonly attributes?: SpanAttributes;
}

/** One step of a trace. */
export interface Span {
  /** W3C Trace Context: `00-TRACE-SPAN-FLAGS`. */
  readonly traceparent: string;
  /** @param error a code, never a text that may have secrets */
  end(outcome?: { readonly error?: string | undefined; readonly attributes?: SpanAttributes }): void;
}

/** Sends spans to a collector. It never throws, and never delays work. */
export interface Tracing {
  start(name: string, options?: SpanOptions): Span;
  /** Sends what is left, for at most 2 seconds. */
  close(): Promise<void>;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Reads the header or variable `traceparent` (W3C Trace Context, section 3.2).
 * @returns it in the form of version 00, or undefined if it is absent or invalid, which is never an error
 */
export function parseTraceparent(text: string | undefined): string | undefined {
  const [, version, trace = '', span = '', flags, more] = TRACEPARENT.exec(text ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(trace) || /^0+$/.test(span)) return undefined;
  return `00-${trace}-${span}-${flags}`;
}

/** @returns the id of the trace of a valid `traceparent`. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

/** @returns where traces are sent (OpenTelemetry, OTLP exporter configuration); undefined when no collector is configured */
export function tracesUrl(
  endpoint: string | undefined,
  tracesEndpoint: string | undefined,
): string | undefined {
  if (tracesEndpoint) return tracesEndpoint;
  return endpoint ? `${endpoint.replace(/\/+$/, '')}/v1/traces` : undefined;
}
