import type { PeriodicTask } from '../tasks/periodic-task.ts';

/** What is removed when it is old enough. */
export interface RetentionRule {
  /** In kebab case, unique among kernel and modules. */
  readonly name: string;
  /** What is removed, and since when its days count: a phrase for operators. */
  readonly meaning: string;
  readonly days: number;
  /** @returns how many would be removed now */
  countDue(): Promise<number>;
  /**
   * Removes a bounded number of the oldest.
   * @param failed ids that could not be removed in this run, which are left out; it adds those of now
   * @returns how many were removed or failed; 0: nothing else is due
   */
  removeSome(failed: RetentionFailures): Promise<number>;
}

/** What could not be removed, and why, by id. */
export type RetentionFailures = Map<string, unknown>;

const INTERVAL_MS = 3_600_000;

/** Applies every rule. What fails does not stop the rest: the task fails with the first error after all rules have run. */
export function retentionTask(rules: readonly RetentionRule[]): PeriodicTask {
  return {
    name: 'retention',
    intervalMs: INTERVAL_MS,
    async run(signal) {
      const removed: Record<string, number> = {};
      const errors: unknown[] = [];
      for (const rule of rules) {
        const failed: RetentionFailures = new Map();
        let count = 0;
        try {
          for (let some = -1; some !== 0 && !signal.aborted; count += some)
            some = await rule.removeSome(failed);
        } catch (error) {
          errors.push(error);
        }
        errors.push(...failed.values());
        if (count - failed.size > 0) removed[rule.name] = count - failed.size;
      }
      if (errors.length > 0) throw errors[0];
      return Object.keys(removed).length > 0 ? removed : undefined;
    },
  };
}

/** Runs work for each id; an error is the id's own. */
export async function forEachOf(
  ids: readonly string[],
  failed: RetentionFailures,
  work: (id: string) => Promise<unknown>,
): Promise<number> {
  for (const id of ids) await work(id).catch((error: unknown) => failed.set(id, error));
  return ids.length;
}
