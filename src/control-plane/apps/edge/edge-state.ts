/** An instance that requests may be sent to. */
export interface EdgeUpstream {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

export interface EdgeRoute {
  /** Host name of requests, in lower case, without port. */
  readonly host: string;
  readonly serviceId: string;
  readonly upstreams: readonly EdgeUpstream[];
  /** Requests in progress at one time; more are answered 503 with Retry-After. */
  readonly maxInFlight: number;
  readonly maxBodyBytes: number;
  /** Longest time until the first byte of an answer; streams and WebSockets may then last. */
  readonly responseTimeoutMs: number;
  /** Why there is no upstream: shown on the 503 page. */
  readonly unavailable?: 'stopped' | 'not-deployed' | 'crashed';
}

/** All routes there are: the edge is told the whole of it each time, never a difference. */
export interface EdgeState {
  /** Grows with each change. */
  readonly generation: number;
  readonly routes: readonly EdgeRoute[];
}

/** What passed since the last call, by service. */
export interface EdgeTraffic {
  readonly serviceId: string;
  readonly requests: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** Counts by upper bound in milliseconds, the last without bound; the same bounds for all. */
  readonly latency: readonly number[];
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The proxy. Owns the public addresses; knows no database. */
export interface Edge {
  /** Switches to the state at once: requests that begin afterwards see it, those in progress end where they are. */
  apply(state: EdgeState): void;
  readonly generation: number;
  /** Requests and WebSockets in progress by upstream, also of upstreams that the state no longer has. */
  inFlight(): ReadonlyMap<string, number>;
  /** Ends WebSockets (1001) and idle connections to an upstream that left the state; requests in progress go on. */
  closeLongLived(upstreamId: string): void;
  takeTraffic(): readonly EdgeTraffic[];
}
