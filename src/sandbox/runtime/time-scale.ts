import { setImmediate, setTimeout } from 'node:timers/promises';

/** The installer's sense of time. Once stopped, every pause lasts for ever: the signal handler ends the process. */
export interface TimeScale {
  /** Waits for so many milliseconds of the default speed; at speed 0 it only lets other work happen. */
  sleepScaled(ms: number): Promise<void>;
  /** Waits in real time, whatever the speed. */
  sleep(ms: number): Promise<void>;
  scaled(ms: number): number;
  stop(): void;
}

/** `speed`: how many times as fast as by default; 0 means no waiting at all. */
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

/** Never returns, and keeps the process alive for its signals. */
export async function forever(): Promise<never> {
  for (;;) await setTimeout(2 ** 30);
}
