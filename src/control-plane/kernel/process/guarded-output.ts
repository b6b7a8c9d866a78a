import type { Readable } from 'node:stream';
import { type Clock, systemClock } from '../clock.ts';

/** What is on its way to the worker and not read: a program that writes faster waits, and holds up no other. */
const WINDOW_BYTES = 64 * 1024;
/** How long to wait for the end of the output after the tree has ended: only an escaped process can keep it open. */
const DRAIN_MS = 2_000;
/** More than pipes hold when their writers are gone. */
const MAX_LEFT_BYTES = 1024 * 1024;

/** One output stream of a program, passed on in pieces as the worker reads them. */
export class GuardedOutput {
  readonly #stream: Readable;
  readonly #clock: Clock;
  readonly #closed: Promise<void>;
  #receivedBytes = 0;
  #unreadBytes = 0;

  constructor(stream: Readable, send: (chunk: Buffer) => void, clock: Clock = systemClock) {
    this.#stream = stream;
    this.#clock = clock;
    this.#closed = new Promise((resolve) => stream.once('close', () => resolve()));
    stream.on('error', () => {}); // 'close' follows
    stream.on('data', (chunk: Buffer) => {
      this.#receivedBytes += chunk.length;
      this.#unreadBytes += chunk.length;
      if (this.#unreadBytes >= WINDOW_BYTES) stream.pause();
      send(chunk);
    });
  }

  acknowledge(bytes: number): void {
    this.#unreadBytes -= bytes;
    if (this.#unreadBytes < WINDOW_BYTES) this.#stream.resume();
  }

  /** Reads what is left after the tree has ended, however long the worker takes to read it. */
  async drain(): Promise<void> {
    const enoughBytes = this.#receivedBytes + MAX_LEFT_BYTES;
    do await Promise.race([this.#closed, this.#clock.sleep(DRAIN_MS)]);
    while (this.#stream.isPaused() && !this.#stream.destroyed && this.#receivedBytes < enoughBytes);
    this.discard();
  }

  discard(): void {
    this.#stream.destroy();
  }
}
