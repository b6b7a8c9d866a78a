import type { InstallerLog } from '../log/installer-log.ts';
import type { TimeScale } from '../runtime/time-scale.ts';
import { CloudThrottledError, type SimulatedCloud, type SimulatedResource } from './simulated-cloud.ts';

const RETRY_MS = 400;
/** Even at speed 0 a throttled listing is not asked for without a breath. */
const MIN_RETRY_MS = 20;

/** The cloud as the installer's SDK shows it: a throttled listing is repeated until it succeeds. */
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
