import { type Dispatcher, Pool } from 'undici';
import type { EdgeUpstream } from '../edge-state.ts';
import type { Tunnel } from './tunnel.ts';

/**
 * Idle time after which a connection is closed by us when the upstream names none in Keep-Alive: servers close theirs after 2 s
 * (gunicorn) or more, and a request on a connection that is being closed would fail.
 */
const KEEP_ALIVE_MS = 1_000;
/** With a Keep-Alive header, so much earlier than it says. */
const KEEP_ALIVE_MARGIN_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_RESPONSE_HEADER_BYTES = 64 * 1024;
/** After a refused connection others are preferred for so long. */
const AVOID_MS = 1_000;

/** An upstream with its connections, and what is in progress on it. */
export class Upstream {
  readonly id: string;
  readonly #origin: string;
  #pool: Pool | undefined;
  #inFlight = 0;
  #avoidUntilMs = Number.NEGATIVE_INFINITY;
  readonly #tunnels = new Set<Tunnel>();
  #closesTunnels = false;
  /** Called when it has nothing in progress any more. */
  readonly #onIdle: () => void;

  constructor({ id, host, port }: EdgeUpstream, onIdle: () => void) {
    this.id = id;
    this.#origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    this.#onIdle = onIdle;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts a request. @returns what ends it; a second call does nothing */
  acquire(): () => void {
    this.#inFlight += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#onIdle();
    };
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool ??= new Pool(this.#origin, {
      pipelining: 1,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
      // The forwarded request has its own; a stream may be silent for as long as it likes.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#pool.dispatch(options, handler);
  }

  avoidFrom(nowMs: number): void {
    this.#avoidUntilMs = nowMs + AVOID_MS;
  }

  isAvoided(nowMs: number): boolean {
    return nowMs < this.#avoidUntilMs;
  }

  addTunnel(tunnel: Tunnel): void {
    this.#tunnels.add(tunnel);
    tunnel.onEnd(() => this.#tunnels.delete(tunnel));
    if (this.#closesTunnels) tunnel.close();
  }

  /** Those that are about to open as well, until `keepTunnels`. */
  closeTunnels(): void {
    this.#closesTunnels = true;
    for (const tunnel of this.#tunnels) tunnel.close();
  }

  keepTunnels(): void {
    this.#closesTunnels = false;
  }

  /** Closes idle connections now, the others when their requests have ended. A later dispatch opens new ones. */
  closeConnections(): void {
    const pool = this.#pool;
    this.#pool = undefined;
    // Rejects only when it was closed before.
    void pool?.close();
  }

  /** Ends everything, also what is in progress. */
  destroy(): void {
    for (const tunnel of this.#tunnels) tunnel.destroy();
    const pool = this.#pool;
    this.#pool = undefined;
    void pool?.destroy();
  }
}
