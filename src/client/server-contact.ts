import { ApiError, thrownMessage, UnreachableError } from './api-error.ts';
import type { ClientClock } from './client-clock.ts';

/** What is known of the connection to a server that something is followed on. */
export type ContactState =
  | { readonly kind: 'connected' }
  /** A stream is open, but heartbeats are missing. */
  | { readonly kind: 'silent'; readonly forMs: number }
  | { readonly kind: 'lost'; readonly forMs: number; readonly reason: string; readonly message: string };

/** The server sends something every 15 s. */
const SILENT_AFTER_MS = 20_000;

/** Remembers when the server was last heard, for the views of a wait. */
export class ServerContact {
  readonly #clock: Pick<ClientClock, 'monotonicMs'>;
  #heardAtMs: number;
  #lost: { readonly reason: string; readonly message: string } | undefined;
  #isListening = false;

  constructor(clock: Pick<ClientClock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#heardAtMs = clock.monotonicMs();
  }

  get state(): ContactState {
    const forMs = this.#clock.monotonicMs() - this.#heardAtMs;
    if (this.#lost !== undefined) return { kind: 'lost', forMs, ...this.#lost };
    return this.#isListening && forMs >= SILENT_AFTER_MS ? { kind: 'silent', forMs } : { kind: 'connected' };
  }

  heard(): void {
    this.#heardAtMs = this.#clock.monotonicMs();
    this.#lost = undefined;
  }

  /** An answer to any request. What is lost for a stream is back only when that is open again. */
  answered(): void {
    if (this.#lost === undefined) this.heard();
  }

  /** @param error of the try that failed; another one follows */
  lost(error: unknown): void {
    this.#lost = { reason: reasonOf(error), message: thrownMessage(error).replace(/\.$/, '') };
  }

  /** While a stream is open, heartbeats are due. */
  listen(isListening: boolean): void {
    this.#isListening = isListening;
    if (isListening) this.heard();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof UnreachableError) return error.summary;
  if (error instanceof ApiError) return `status ${error.status}`;
  return 'no answer';
}
