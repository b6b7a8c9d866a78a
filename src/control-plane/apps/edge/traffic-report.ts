import type { EdgeTraffic } from './edge-state.ts';

/** What an edge has counted and not reported: a report that fails is made again with what came since. */
export class TrafficReport {
  readonly #services = new Map<string, EdgeTraffic>();

  add(traffic: readonly EdgeTraffic[]): void {
    for (const part of traffic) {
      const before = this.#services.get(part.serviceId);
      this.#services.set(part.serviceId, before === undefined ? part : sum(before, part));
    }
  }

  /** Sends all of it, and forgets it when that succeeds. */
  async send(write: (traffic: readonly EdgeTraffic[]) => Promise<unknown>): Promise<void> {
    const sent = [...this.#services.values()];
    if (sent.length === 0) return;
    this.#services.clear();
    try {
      await write(sent);
    } catch (error) {
      this.add(sent);
      throw error;
    }
  }
}

function sum(a: EdgeTraffic, b: EdgeTraffic): EdgeTraffic {
  return {
    serviceId: a.serviceId,
    requests: a.requests + b.requests,
    clientErrors: a.clientErrors + b.clientErrors,
    serverErrors: a.serverErrors + b.serverErrors,
    latency: a.latency.map((count, index) => count + (b.latency[index] ?? 0)),
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
  };
}
