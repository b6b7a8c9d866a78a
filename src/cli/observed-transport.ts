import type { Transport } from '../client/transport.ts';

export interface Exchange {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  /** Whole milliseconds until the head of the answer was there. */
  readonly ms: number;
  /** What the server says it is: `sandbox` or `real`. */
  readonly mode: string | undefined;
}

/** Tells of every answer that comes back through a transport; of headers and bodies, which hold secrets, nothing. */
export function observedTransport(inner: Transport, onExchange: (exchange: Exchange) => void): Transport {
  return {
    async send(request) {
      const startMs = performance.now();
      const response = await inner.send(request);
      onExchange({
        method: request.method,
        target: request.target,
        status: response.status,
        ms: Math.round(performance.now() - startMs),
        mode: response.header('ocpctl-mode'),
      });
      return response;
    },
    close: () => inner.close(),
  };
}
