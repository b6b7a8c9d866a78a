import { OUTAGE_MS, type OutagePolicy } from '../client/outage.ts';
import type { ServerContact } from '../client/server-contact.ts';
import { formatDuration, shortDuration } from '../contract/duration.ts';

/** For a change that waits for a server that is away for at most two minutes, and says so. */
export function changeOutagePolicy(note: (text: string) => void): OutagePolicy {
  return {
    giveUpAfterMs: OUTAGE_MS,
    onWaiting: (error, awayMs) => note(outageText(error, awayMs, `for ${formatDuration(OUTAGE_MS)}`)),
  };
}

/**
 * For what follows work on a server: it waits for one that is away.
 * @param options.timeoutMs of the waiting; 0: a server that was never reached is given up after two minutes, another one never
 */
export function waitOutagePolicy(options: {
  readonly timeoutMs: number;
  readonly wasReached: () => boolean;
  readonly contact: ServerContact;
  readonly note: (text: string) => void;
}): OutagePolicy {
  const { timeoutMs, wasReached, contact, note } = options;
  return {
    get wasReached() {
      return wasReached();
    },
    get giveUpAfterMs() {
      if (timeoutMs > 0) return timeoutMs;
      return wasReached() ? Number.POSITIVE_INFINITY : OUTAGE_MS;
    },
    onWaiting: (error, awayMs) => {
      contact.lost(error);
      const limit = wasReached() ? 'until the server is back' : `for ${formatDuration(OUTAGE_MS)}`;
      note(outageText(error, awayMs, timeoutMs > 0 ? `for up to ${formatDuration(timeoutMs)}` : limit));
    },
    onBack: (awayMs) => {
      contact.heard();
      note(`Connected again after ${shortDuration(awayMs)}.`);
    },
  };
}

function outageText({ message }: Error, awayMs: number, limit: string): string {
  const since = awayMs >= 1_000 ? `, for ${shortDuration(awayMs)} now` : '';
  return `${message.replace(/\.$/, '')}${since}. Trying again ${limit}.`;
}
