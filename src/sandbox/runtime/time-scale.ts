import { setImmediate, setTimeout } from 'node:timers/promises';

/** Scales the waits of the installer. After `stop` every wait lasts forever, because the signal handler ends the process. */
export interface TimeScale {
  /** Waits for this time divided by the speed; at speed 0 it only yields to the event loop. */
  sleepScaled(ms: number): Promise<void>;
  /** Waits in real time, at any speed. */
  sleep(ms: number): Promise<void>;
  scaled(ms: number): number;
  stop(): void;
}

/** `speed`: factor over the default speed; 0 disables waiting. */
export function createTimeScale(speed: number): TimeScale {
  let stopped = false;
  const scaled = (ms: number) => (speed === 0 ? 0 : ms / speed);
  async function wait(ms: number): Promise<void> {
    if (ms > 0) await setTimeout(ms);
    else await setImmediate();
    if (stopped) await forever();
  }
  return {
    sleepScaled: (ms) => wait(scaled(ms)),
    sleep: wait,
    scaled,
    stop() {
      stopped = true;
    },
  };
}

/** Never returns; the timer keeps the process alive so that it can receive signals. */
export async function forever(): Promise<never> {
  for (;;) await setTimeout(2 ** 30);
}
