import type { ClientClock } from './client-clock.ts';

/** The server's time, once it is known; kept in memory only. */
export interface ServerTime {
  now(): Date;
  /**
   * Uses the server's time from now on.
   * @returns whether the difference explains that the server rejected the request.
   */
  adopt(serverTime: Date): boolean;
}

/** The server rejects a skew of more than 300 s; the margin covers whole seconds in Date and the network delay. */
const CORRECTABLE_SKEW_MS = 295_000;

export function createServerTime(clock: Pick<ClientClock, 'now'>): ServerTime {
  let offsetMs = 0;
  return {
    now: () => new Date(clock.now().getTime() + offsetMs),
    adopt: (serverTime) => {
      const serverOffsetMs = serverTime.getTime() - clock.now().getTime();
      // Negated, so that an invalid date (NaN) changes nothing.
      if (!(Math.abs(serverOffsetMs - offsetMs) >= CORRECTABLE_SKEW_MS)) return false;
      offsetMs = serverOffsetMs;
      return true;
    },
  };
}
