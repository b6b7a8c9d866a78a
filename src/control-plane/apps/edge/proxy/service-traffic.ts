import { LATENCY_BOUNDS_MS } from '../../policy/latency.ts';
import type { EdgeTraffic } from '../edge-state.ts';

/** What passes to one service. */
export class ServiceTraffic {
  readonly serviceId: string;
  /** Requests and WebSockets in progress. */
  inFlight = 0;
  bytesIn = 0;
  bytesOut = 0;
  #requests = 0;
  #clientErrors = 0;
  #serverErrors = 0;
  #latency = newCounts();

  constructor(serviceId: string) {
    this.serviceId = serviceId;
  }

  /** @param firstByteMs until the first byte of the answer */
  count(status: number, firstByteMs: number): void {
    this.#requests += 1;
    if (status >= 500) this.#serverErrors += 1;
    else if (status >= 400) this.#clientErrors += 1;
    const at = LATENCY_BOUNDS_MS.findIndex((bound) => firstByteMs <= bound);
    const bucket = at < 0 ? LATENCY_BOUNDS_MS.length : at;
    this.#latency[bucket] = (this.#latency[bucket] ?? 0) + 1;
  }

  /** @returns what was counted since the last call; undefined when nothing was */
  take(): EdgeTraffic | undefined {
    if (this.#requests === 0 && this.bytesIn === 0 && this.bytesOut === 0) return undefined;
    const taken = {
      serviceId: this.serviceId,
      requests: this.#requests,
      clientErrors: this.#clientErrors,
      serverErrors: this.#serverErrors,
      latency: this.#latency,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
    };
    this.#requests = this.#clientErrors = this.#serverErrors = this.bytesIn = this.bytesOut = 0;
    this.#latency = newCounts();
    return taken;
  }
}

function newCounts(): number[] {
  return new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
}
