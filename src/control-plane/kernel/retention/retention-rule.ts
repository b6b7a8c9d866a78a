import type { PeriodicTask } from '../tasks/periodic-task.ts';

/** What is removed when it is old enough, because nothing needs it any more. */
export interface RetentionRule {
  /** In kebab case, unique among kernel and modules. */
  readonly name: string;
  /** What goes, and since when its days count: a phrase for operators. */
  readonly meaning: string;
  readonly days: number;
  /** @returns how many would be removed now */
  countDue(): Promise<number>;
  /** Removes a bounded number of the oldest. @returns how many; 0: nothing is due */
  removeSome(): Promise<number>;
}

const INTERVAL_MS = 3_600_000;

/** Applies every rule. One that fails keeps the others from nothing: the task fails with its error after all have run. */
export function retentionTask(rules: readonly RetentionRule[]): PeriodicTask {
  return {
    name: 'retention',
    intervalMs: INTERVAL_MS,
    async run(signal) {
      const removed: Record<string, number> = {};
      const errors: unknown[] = [];
      for (const rule of rules) {
        try {
          for (let some = -1; some !== 0 && !signal.aborted; ) {
            some = await rule.removeSome();
            if (some > 0) removed[rule.name] = (removed[rule.name] ?? 0) + some;
          }
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
      return Object.keys(removed).length > 0 ? removed : undefined;
    },
  };
}
