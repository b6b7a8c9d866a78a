import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { AppError } from '../kernel/errors.ts';
import type { Metrics } from '../kernel/telemetry/metrics.ts';
import { createListener, LISTENER_LIMITS, type ListenerCertificate } from './listener.ts';
import { type ReadinessDocument, type ReadinessOptions, readReadiness } from './readiness.ts';

type Listener = ReturnType<typeof createListener>;

/** How a path is answered: status, content type and text. */
type Answer = readonly [status: number, contentType: string, text: string];

/**
 * A listener for the collector and for the supervisor of a process without an API. It is unauthenticated, so it belongs on an address
 * that only they reach.
 * @param failed hears what kept an answer from being made
 */
export async function listenForMetrics(
  metrics: Metrics,
  readiness: ReadinessOptions,
  { host, port }: { readonly host: string; readonly port: number },
  certificate: ListenerCertificate | undefined,
  failed: (error: unknown) => void,
): Promise<Listener> {
  const answers = new Map<string | undefined, () => Promise<Answer>>([
    ['/metrics', () => metricsAnswer(metrics)],
    ['/readyz', () => readinessAnswer(readiness)],
  ]);
  const listener = createListener(
    ({ method, url }, response) => {
      const find = method === 'GET' ? answers.get(url) : undefined;
      if (find === undefined)
        return answer(response, [404, 'text/plain', 'only GET /metrics and GET /readyz\n']);
      find().then(
        (found) => answer(response, found),
        (error: unknown) => {
          failed(error);
          answer(response, [500, 'text/plain', `${url} cannot be answered\n`]);
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

async function metricsAnswer(metrics: Metrics): Promise<Answer> {
  const { contentType, text } = await metrics.render();
  return [200, contentType, text];
}

/** For the supervisor of a worker: 503 also while the worker is not ready. */
async function readinessAnswer(options: ReadinessOptions): Promise<Answer> {
  const document: ReadinessDocument = await readReadiness(options).catch((error: unknown) => {
    if (error instanceof AppError) return { status: 'unavailable' };
    throw error;
  });
  const isReady = document.status === 'ready' && document.worker?.status !== 'NOT_READY';
  return [isReady ? 200 : 503, 'application/json', `${JSON.stringify(document)}\n`];
}

function answer(response: ServerResponse, [status, contentType, text]: Answer): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(text);
}
