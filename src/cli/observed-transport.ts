import { systemClientClock } from '../client/client-clock.ts';
import type { Transport } from '../client/transport.ts';

export interface Exchange {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  /** Milliseconds until the response headers, rounded. */
  readonly ms: number;
  /** Mode of the server: `sandbox` or `real`. */
  readonly mode: string | undefined;
  /** Of the server; only in answers to requests whose signature is right. */
  readonly version: string | undefined;
}

/** Reports every exchange of a transport, without headers and bodies, which may contain secrets. */
export function observedTransport(inner: Transport, onExchange: (exchange: Exchange) => void): Transport {
  return {
    async send(request) {
      const startMs = systemClientClock.monotonicMs();
      const response = await inner.send(request);
      onExchange({
        method: request.method,
        target: request.target,
        status: response.status,
        ms: Math.round(systemClientClock.monotonicMs() - startMs),
        mode: response.header('ocpctl-mode'),
        version: response.header('ocpctl-version'),
      });
      return response;
    },
    close: () => inner.close(),
  };
}

/** Whether something was changed by it: a dry run and a look at a secret change nothing. */
export function isChange({ method, target, status }: Exchange): boolean {
  if (method === 'GET' || status < 200 || status > 299) return false;
  return !/[?&]dryRun=true(&|$)/.test(target) && !/\/credentials($|\?)/.test(target);
}
