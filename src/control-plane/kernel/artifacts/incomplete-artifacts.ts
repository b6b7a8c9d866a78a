import type { PeriodicTask } from '../tasks/periodic-task.ts';

const INTERVAL_MS = 60_000;

/**
 * Removes the artifacts that killed processes were writing: copies of install directories and logs that nothing refers to.
 * @param removeIncomplete returns how many it removed
 */
export function incompleteArtifactsTask(removeIncomplete: () => Promise<number>): PeriodicTask {
  return {
    name: 'remove-incomplete-artifacts',
    intervalMs: INTERVAL_MS,
    async run() {
      const removed = await removeIncomplete();
      return removed > 0 ? { removed } : undefined;
    },
  };
}
