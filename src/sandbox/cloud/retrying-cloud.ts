import type { InstallerLog } from '../log/installer-log.ts';
import type { TimeScale } from '../runtime/time-scale.ts';
import { CloudThrottledError, type SimulatedCloud, type SimulatedResource } from './simulated-cloud.ts';

const RETRY_MS = 400;
/** Shortest pause between two listings, also at speed 0. */
const MIN_RETRY_MS = 20;

/** Repeats a throttled listing until it succeeds, as the SDK of the installer does. */
export function retryingCloud(
  cloud: SimulatedCloud,
  log: InstallerLog,
  timeScale: TimeScale,
): SimulatedCloud {
  async function retryThrottled(list: () => Promise<SimulatedResource[]>): Promise<SimulatedResource[]> {
    for (;;) {
      try {
        return await list();
      } catch (thrown) {
        if (!(thrown instanceof CloudThrottledError)) throw thrown;
        log.debug(`failed to get resources: ${thrown.message}`);
        await timeScale.sleep(Math.max(timeScale.scaled(RETRY_MS), MIN_RETRY_MS));
      }
    }
  }
  return {
    ...cloud,
    list: (filter) => retryThrottled(() => cloud.list(filter)),
    findByTags: (query) => retryThrottled(() => cloud.findByTags(query)),
  };
}
