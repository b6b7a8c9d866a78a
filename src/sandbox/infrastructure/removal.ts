import { CloudRejectedError, type SimulatedResource } from '../cloud/simulated-cloud.ts';
import type { CommandRun } from '../installer/command-run.ts';

/** Duration of a whole destroy at the default speed, without its waits. */
const DESTROY_MS = 2600;
/** Between two looks at what is left; the installer's own is 10 s. */
const RETRY_MS = 400;
/** A destroy that never ends does not burn a core, even at speed 0. */
const MIN_RETRY_MS = 200;
/** The real one repeats an error as a warning once in 5 minutes. */
const LISTINGS_PER_WARNING = 30;

/** Deletes resources of a run, some of which faults protect. */
export interface Removal {
  /** See the function of this name. */
  list(list: () => Promise<SimulatedResource[]>): Promise<SimulatedResource[]>;
  /** @returns false when the resource cannot be deleted. */
  remove(resource: SimulatedResource): Promise<boolean>;
  /** Waits before the next look. */
  waitBeforeRetry(): Promise<void>;
}

/** `total`: how many resources there are to begin with; at half of them the run reaches `destroy-half`. */
export function startRemoval(run: CommandRun, total: number): Removal {
  const { log, timeScale } = run;
  let removed = 0;
  let listings = 0;
  return {
    async list(list) {
      listings += 1;
      return await listVisible(run, list);
    },
    async remove(resource) {
      await timeScale.sleepScaled(DESTROY_MS / Math.max(total, 1));
      const rejection = await tryRemove(run, resource);
      if (rejection !== undefined) {
        const level = listings % LISTINGS_PER_WARNING === 1 ? 'warning' : 'debug';
        log.write({ level, message: rejection.message, fields: { arn: resource.arn } });
        return false;
      }
      removed += 1;
      if (removed === Math.ceil(total / 2)) await run.injectFaults('destroy-half');
      return true;
    },
    waitBeforeRetry: () => timeScale.sleep(Math.max(timeScale.scaled(RETRY_MS), MIN_RETRY_MS)),
  };
}

/** @returns why the cloud does not delete it, in its own words */
async function tryRemove(
  { cloud, effects }: CommandRun,
  resource: SimulatedResource,
): Promise<CloudRejectedError | undefined> {
  try {
    if (effects.undeletableTypes.includes(resource.type)) {
      throw new CloudRejectedError(
        'DependencyViolation',
        `${resource.id} has dependencies and cannot be deleted`,
      );
    }
    await cloud.remove(resource);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CloudRejectedError) return thrown;
    throw thrown;
  }
}

/** What a listing shows, without what faults hide from this destroy. */
export async function listVisible(
  run: CommandRun,
  list: () => Promise<SimulatedResource[]>,
): Promise<SimulatedResource[]> {
  const found = run.effects.findsNothing ? [] : await list();
  return found.filter(({ type }) => !run.effects.leakedTypes.includes(type));
}
