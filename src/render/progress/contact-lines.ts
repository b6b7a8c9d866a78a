import { clockTime } from '../format.ts';

/** What a view says about the connection to the server. */
export interface ContactNotice {
  readonly kind: 'connected' | 'silent' | 'lost';
  /** Empty while the server is heard. */
  readonly text: string;
}

/** A person sees that a command waits; the log of a CI job needs lines, so that it is not taken for hung. */
export const REMINDER_MS = 60_000;

/** Turns the notices of each second into lines: one per change, and one a minute while the server is not heard. */
export class ContactLines {
  #kind: ContactNotice['kind'] = 'connected';
  #lastLineAt: Date | undefined;

  next({ kind, text }: ContactNotice, now: Date): string | undefined {
    const isDue = this.#lastLineAt === undefined || now.getTime() - this.#lastLineAt.getTime() >= REMINDER_MS;
    if (kind === this.#kind && (kind === 'connected' || !isDue)) return undefined;
    const isBack = kind === 'connected';
    this.#kind = kind;
    this.#lastLineAt = isBack ? undefined : now;
    return `${clockTime(now)} ${isBack ? 'connected again' : text}`;
  }
}
