import { OUTAGE_MS, type OutagePolicy } from '../client/outage.ts';
import type { ServerContact } from '../client/server-contact.ts';
import { formatDuration } from '../contract/duration.ts';
import { ContactLines } from '../render/progress/contact-lines.ts';
import { contactNotice } from './jobs/contact-notice.ts';
import type { Io } from './output/io.ts';

/** Where it is said that the server is away. */
interface Notes {
  readonly io: Pick<Io, 'now' | 'every'>;
  note(text: string): void;
}

interface WaitNotes extends Notes {
  readonly contact: ServerContact;
  readonly showsContact: boolean;
}

/** For a change that waits for a server that is away for at most two minutes, and says so. */
export function changeOutagePolicy(session: Notes): OutagePolicy {
  const lines = new ContactLines();
  return {
    giveUpAfterMs: OUTAGE_MS,
    onWaiting: ({ message }) => {
      const text = `${message.replace(/\.$/, '')}. Trying again for ${formatDuration(OUTAGE_MS)}.`;
      const line = lines.next({ kind: 'lost', text }, session.io.now());
      if (line !== undefined) session.note(line);
    },
  };
}

export interface WaitOutagePolicy extends OutagePolicy {
  /** Ends the notes. */
  close(): void;
}

/**
 * For what follows work on a server: it waits for one that is away, and notes each minute that it is.
 * @param options.timeoutMs of the waiting; 0: a server that was never reached is given up after two minutes, another one never
 */
export function waitOutagePolicy(
  session: WaitNotes,
  { timeoutMs, wasReached }: { readonly timeoutMs: number; readonly wasReached: () => boolean },
): WaitOutagePolicy {
  const { contact, io } = session;
  const lines = new ContactLines();
  const notice = () => {
    const { state } = contact;
    if (state.kind !== 'lost' || wasReached()) return contactNotice(state);
    const limit = timeoutMs > 0 ? `up to ${formatDuration(timeoutMs)}` : formatDuration(OUTAGE_MS);
    return { kind: state.kind, text: `${state.message}. Trying again for ${limit}.` };
  };
  const update = () => {
    if (session.showsContact) return;
    const line = lines.next(notice(), io.now());
    if (line !== undefined) session.note(line);
  };
  return {
    get wasReached() {
      return wasReached();
    },
    get giveUpAfterMs() {
      if (timeoutMs > 0) return timeoutMs;
      return wasReached() ? Number.POSITIVE_INFINITY : OUTAGE_MS;
    },
    onWaiting: (error) => {
      contact.lost(error);
      update();
    },
    onBack: () => {
      contact.heard();
      update();
    },
    close: io.every(1_000, update),
  };
}
