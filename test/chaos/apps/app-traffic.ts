import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 50;
const ANSWER_WITHIN_MS = 20_000;

interface Outage {
  /** Undefined: of all services. */
  readonly serviceId: string | undefined;
  readonly fromMs: number;
  toMs: number;
}

/** When requests may be lost: while an edge is down, and while an instance that was killed is replaced. */
export class Outages {
  readonly #all: Outage[] = [];

  /** @param serviceId undefined: of all services. @returns what ends it */
  begin(serviceId?: string): () => void {
    const outage: Outage = { serviceId, fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY };
    this.#all.push(outage);
    return () => {
      outage.toMs = performance.now();
    };
  }

  /** @returns whether one was at any time between the two */
  covers(serviceId: string, fromMs: number, toMs: number): boolean {
    return this.#all.some(
      (outage) =>
        (outage.serviceId === undefined || outage.serviceId === serviceId) &&
        outage.fromMs <= toMs &&
        outage.toMs >= fromMs,
    );
  }
}

export interface TrafficCounts {
  requests: number;
  /** Requests that were not answered though nothing excuses it. */
  readonly lost: string[];
}

/** One request after the other to a service, until it is stopped. */
export class AppTraffic {
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    service: { readonly id: string; readonly url: string },
    { counts, outages }: { readonly counts: TrafficCounts; readonly outages: Outages },
  ) {
    this.#running = this.#run(service, counts, outages);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(
    { id, url }: { readonly id: string; readonly url: string },
    counts: TrafficCounts,
    outages: Outages,
  ): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const fromMs = performance.now();
      const answer = await askService(url).catch((error: Error) => ({ status: 0, text: error.message }));
      counts.requests += 1;
      if (answer.status !== 200 && !outages.covers(id, fromMs, performance.now()))
        counts.lost.push(
          `${new Date().toISOString()} ${url}: ${answer.status} ${answer.text.trim().slice(0, 200)}`,
        );
      await delay(PAUSE_MS);
    }
  }
}

/** Through the edge. Node.js does not resolve names below localhost. */
export function askService(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const { host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/', headers: { host }, agent: false as const };
    request({ ...options, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}
