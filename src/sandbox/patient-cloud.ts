import { type Cloud, type CloudResource, CloudThrottledError } from './cloud.ts';
import type { InstallLog } from './install-log.ts';
import type { Pace } from './pace.ts';

const RETRY_MS = 400;
/** Even at speed 0 a throttled listing is not asked for without a breath. */
const MIN_RETRY_MS = 20;

/** The cloud as the installer's SDK shows it: a throttled listing is repeated until it succeeds. */
export function patientCloud(cloud: Cloud, log: InstallLog, pace: Pace): Cloud {
  async function patiently(list: () => Promise<CloudResource[]>): Promise<CloudResource[]> {
    for (;;) {
      try {
        return await list();
      } catch (thrown) {
        if (!(thrown instanceof CloudThrottledError)) throw thrown;
        log.debug(`failed to get resources: ${thrown.message}`);
        await pace.wait(Math.max(pace.scaled(RETRY_MS), MIN_RETRY_MS));
      }
    }
  }
  return {
    ...cloud,
    list: (filter) => patiently(() => cloud.list(filter)),
    find: (query) => patiently(() => cloud.find(query)),
  };
}
