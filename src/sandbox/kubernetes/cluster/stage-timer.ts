/** When the stages of simulated machines are over. Only in memory: after a restart a stage begins again. */
export interface StageTimer {
  /** Has the object been in this stage for `ms` at the default speed? The first question starts the time. */
  isOver(uid: string, stage: string, ms: number): boolean;
  /** Forgets an object. */
  forget(uid: string): void;
  /** Milliseconds until the next stage is over; undefined if nothing waits. Forgets what was asked before. */
  takeNextMs(): number | undefined;
}

/** @param speed factor over the default speed; at 0 every stage is over at once */
export function createStageTimer(speed: number, now: () => number): StageTimer {
  const begun = new Map<string, { stage: string; at: number }>();
  let nextMs: number | undefined;
  return {
    isOver(uid, stage, ms) {
      const known = begun.get(uid);
      const at = known?.stage === stage ? known.at : now();
      begun.set(uid, { stage, at });
      const leftMs = speed === 0 ? 0 : at + ms / speed - now();
      if (leftMs <= 0) return true;
      nextMs = Math.min(nextMs ?? leftMs, leftMs);
      return false;
    },
    forget: (uid) => void begun.delete(uid),
    takeNextMs() {
      const ms = nextMs;
      nextMs = undefined;
      return ms;
    },
  };
}
