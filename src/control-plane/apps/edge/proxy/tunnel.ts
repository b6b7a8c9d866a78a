import type { Duplex } from 'node:stream';
import { closeFrame, FrameTracker } from './websocket-frames.ts';

/** RFC 6455 §7.4.1: an endpoint that is shut down. */
const ENDPOINT_LEAVES = 1001;

interface TunnelOptions {
  readonly client: Duplex;
  readonly upstream: Duplex;
  /** From a close frame, or the end of one side, to the end of both. */
  readonly closeMs: number;
  readonly onBytes: (fromClient: number, fromUpstream: number) => void;
}

/** A WebSocket: bytes both ways, with back-pressure. */
export class Tunnel {
  readonly #client: Duplex;
  readonly #upstream: Duplex;
  readonly #directions: readonly Direction[];
  readonly #onEnd: (() => void)[] = [];
  readonly #closeMs: number;
  #timer: NodeJS.Timeout | undefined;
  #closing = false;
  #ended = false;

  constructor({ client, upstream, closeMs, onBytes }: TunnelOptions) {
    this.#client = client;
    this.#upstream = upstream;
    this.#closeMs = closeMs;
    const toUpstream = new Direction(client, upstream, true, (bytes) => onBytes(bytes, 0));
    const toClient = new Direction(upstream, client, false, (bytes) => onBytes(0, bytes));
    this.#directions = [toUpstream, toClient];
    for (const socket of [client, upstream]) {
      // The close event follows.
      socket.on('error', () => socket.destroy());
      // A WebSocket with one side is over.
      socket.once('end', () => this.#startTimer());
      socket.once('close', () => this.#end());
    }
    // After the answer to our close frame nothing follows; the server ends the connection.
    toUpstream.onClosed = () => {
      if (this.#closing) client.end();
    };
  }

  /** Calls `listener` when both connections are closed. */
  onEnd(listener: () => void): void {
    this.#onEnd.push(listener);
  }

  /** Sends a close frame both ways, each after the frame that is on its way there, and ends the connections. */
  close(): void {
    if (this.#ended || this.#closing) return;
    this.#closing = true;
    this.#startTimer();
    for (const direction of this.#directions) direction.close();
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #startTimer(): void {
    if (!this.#ended) this.#timer ??= setTimeout(() => this.destroy(), this.#closeMs);
  }

  /** One side is closed: the other is, after what was written to it has left. */
  #end(): void {
    for (const socket of [this.#client, this.#upstream]) {
      if (socket.destroyed) continue;
      this.#startTimer();
      socket.end();
      socket.resume();
      return;
    }
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    for (const listener of this.#onEnd) listener();
  }
}

class Direction {
  readonly #to: Duplex;
  readonly #frames = new FrameTracker();
  readonly #masked: boolean;
  #state: 'open' | 'closing' | 'closed' = 'open';
  /** Called for each chunk once a close frame came from there. */
  onClosed: () => void = () => {};

  constructor(from: Duplex, to: Duplex, masked: boolean, onBytes: (count: number) => void) {
    this.#to = to;
    this.#masked = masked;
    from.on('data', (chunk: Buffer) => {
      onBytes(chunk.length);
      if (this.#forward(chunk)) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
    from.once('end', () => to.end());
  }

  /** After the frame that is on its way. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    if (this.#frames.isAtBoundary) this.#sendClose();
  }

  /** @returns whether more may be written */
  #forward(chunk: Buffer): boolean {
    const frames = this.#frames;
    if (this.#state === 'open') {
      frames.advance(chunk);
      return this.#to.write(chunk);
    }
    let rest = chunk;
    if (this.#state === 'closing') {
      const passed = frames.advance(chunk, true);
      this.#to.write(chunk.subarray(0, passed));
      rest = chunk.subarray(passed);
      if (frames.isAtBoundary) this.#sendClose();
    }
    // What follows our close frame is dropped.
    frames.advance(rest);
    if (frames.isClosed) this.onClosed();
    return true;
  }

  #sendClose(): void {
    this.#state = 'closed';
    if (!this.#frames.isClosed && this.#to.writable)
      this.#to.write(closeFrame(ENDPOINT_LEAVES, this.#masked));
  }
}
