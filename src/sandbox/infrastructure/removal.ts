import { removeInstalledCluster } from '../cloud/cluster-folder.ts';
import { CloudRejectedError, type SimulatedResource } from '../cloud/simulated-cloud.ts';
import type { CommandRun } from '../installer/command-run.ts';

/** Duration of a destroy at the default speed, without the waits between listings. */
const DESTROY_MS = 2600;
/** Pause between two listings; 10 s in the real installer. */
const RETRY_MS = 400;
/** Keeps an endless destroy from using a whole core at speed 0. */
const MIN_RETRY_MS = 200;
/** The real installer repeats an error as a warning every 5 minutes. */
const LISTINGS_PER_WARNING = 30;
const INSTANCE_TYPES: readonly string[] = ['ec2:instance', 'is:instance'];

/** Lists and deletes the resources of a run, as far as faults allow it. */
export interface Removal {
  /** See `listVisible`; counts the listings. */
  list(query: () => Promise<SimulatedResource[]>): Promise<SimulatedResource[]>;
  /** @returns false if the resource cannot be deleted. */
  remove(resource: SimulatedResource): Promise<boolean>;
  /** Waits before the next listing. */
  waitBeforeRetry(): Promise<void>;
}

/** `total`: initial number of resources; after half of them the faults of `destroy-half` are injected. */
export function startRemoval(run: CommandRun, total: number): Removal {
  const { log, timeScale } = run;
  let removed = 0;
  let listings = 0;
  return {
    async list(query) {
      listings += 1;
      return await listVisible(run, query);
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

/** @returns the error of the cloud if it does not delete the resource */
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
    // Without its machines the cluster has no API, and must not create others.
    if (INSTANCE_TYPES.includes(resource.type) && resource.infraId !== '')
      removeInstalledCluster(cloud.dir, resource.infraId);
    await cloud.remove(resource);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CloudRejectedError) return thrown;
    throw thrown;
  }
}

/** The result of a listing without the resources that faults hide from this destroy. */
export async function listVisible(
  run: CommandRun,
  query: () => Promise<SimulatedResource[]>,
): Promise<SimulatedResource[]> {
  const found = run.effects.findsNothing ? [] : await query();
  return found.filter(({ type }) => !run.effects.leakedTypes.includes(type));
}
