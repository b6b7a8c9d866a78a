import { CloudRefusedError, type CloudResource } from './cloud.ts';
import type { InstallerRun } from './installer-run.ts';

/** Duration of a whole destroy at the default speed, without its waits. */
const DESTROY_MS = 2600;
/** Between two looks at what is left; the installer's own is 10 s. */
const RETRY_MS = 400;
/** A destroy that never ends does not burn a core, even at speed 0. */
const MIN_RETRY_MS = 200;
/** The real one repeats an error as a warning once in 5 minutes. */
const LOOKS_PER_WARNING = 30;

/** Deletes resources of a run, some of which faults protect. */
export interface Removal {
  /** See the function of this name. */
  look(list: () => Promise<CloudResource[]>): Promise<CloudResource[]>;
  /** @returns false when the resource cannot be deleted. */
  remove(resource: CloudResource): Promise<boolean>;
  /** Waits before the next look. */
  rest(): Promise<void>;
}

/** `total`: how many resources there are to begin with; at half of them the run reaches `destroy-half`. */
export function startRemoval(run: InstallerRun, total: number): Removal {
  const { log, pace } = run;
  let removed = 0;
  let looks = 0;
  return {
    async look(list) {
      looks += 1;
      return await look(run, list);
    },
    async remove(resource) {
      await pace.pause(DESTROY_MS / Math.max(total, 1));
      const refusal = await removeOrRefuse(run, resource);
      if (refusal !== undefined) {
        const level = looks % LOOKS_PER_WARNING === 1 ? 'warning' : 'debug';
        log.write({ level, message: refusal.message, fields: { arn: resource.arn } });
        return false;
      }
      removed += 1;
      if (removed === Math.ceil(total / 2)) await run.reach('destroy-half');
      return true;
    },
    rest: () => pace.wait(Math.max(pace.scaled(RETRY_MS), MIN_RETRY_MS)),
  };
}

/** @returns why the cloud does not delete it, in its own words */
async function removeOrRefuse(
  { cloud, effects }: InstallerRun,
  resource: CloudResource,
): Promise<CloudRefusedError | undefined> {
  try {
    if (effects.undeletableTypes.includes(resource.type)) {
      throw new CloudRefusedError(
        'DependencyViolation',
        `${resource.id} has dependencies and cannot be deleted`,
      );
    }
    await cloud.remove(resource);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CloudRefusedError) return thrown;
    throw thrown;
  }
}

/** What a listing shows, without what faults hide from this destroy. */
export async function look(
  run: InstallerRun,
  list: () => Promise<CloudResource[]>,
): Promise<CloudResource[]> {
  const found = run.effects.blind ? [] : await list();
  return found.filter(({ type }) => !run.effects.leakedTypes.includes(type));
}
