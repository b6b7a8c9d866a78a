import type { ClientClock } from './client-clock.ts';

/** The time as the server has it, once it had to say so: kept in memory only. */
export interface ServerTime {
  now(): Date;
  /**
   * Takes over the server's time from now on.
   * @returns whether that makes a difference to a server that refused.
   */
  adopt(serverTime: Date): boolean;
}

/** The server refuses beyond 300 s; its Date header is cut to whole seconds, and on its way for some. */
const CORRECTABLE_SKEW_MS = 295_000;

export function createServerTime(clock: Pick<ClientClock, 'now'>): ServerTime {
  let offsetMs = 0;
  return {
    now: () => new Date(clock.now().getTime() + offsetMs),
    adopt: (serverTime) => {
      const serverOffsetMs = serverTime.getTime() - clock.now().getTime();
      // Not `<`, so that a date which cannot be read changes nothing.
      if (!(Math.abs(serverOffsetMs - offsetMs) >= CORRECTABLE_SKEW_MS)) return false;
      offsetMs = serverOffsetMs;
      return true;
    },
  };
}
