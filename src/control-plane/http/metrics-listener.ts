import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Metrics } from '../kernel/telemetry/metrics.ts';
import { createListener, LISTENER_LIMITS, type ListenerCertificate } from './listener.ts';

type Listener = ReturnType<typeof createListener>;

/**
 * A listener for the collector. It is unauthenticated, so it belongs on an address that only the collector reaches.
 * @param failed hears what kept an answer from being made
 */
export async function listenForMetrics(
  metrics: Metrics,
  { host, port }: { readonly host: string; readonly port: number },
  certificate: ListenerCertificate | undefined,
  failed: (error: unknown) => void,
): Promise<Listener> {
  const listener = createListener(
    ({ method, url }, response) => {
      if (method !== 'GET' || url !== '/metrics')
        return answer(response, 404, 'text/plain', 'only GET /metrics\n');
      metrics.render().then(
        ({ contentType, text }) => answer(response, 200, contentType, text),
        (error: unknown) => {
          failed(error);
          answer(response, 500, 'text/plain', 'the metrics cannot be collected\n');
        },
      );
    },
    LISTENER_LIMITS,
    certificate,
  );
  listener.listen(port, host);
  await once(listener, 'listening');
  return listener;
}

function answer(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
}
