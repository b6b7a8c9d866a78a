import type { PeriodicTask } from '../tasks/periodic-task.ts';
import type { ArtifactStore } from './artifact-store.ts';

const INTERVAL_MS = 60_000;

/** Removes the artifacts that killed processes were writing: copies of install directories and logs that nothing refers to. */
export function incompleteArtifactsTask(artifacts: Pick<ArtifactStore, 'removeIncomplete'>): PeriodicTask {
  return {
    name: 'remove-incomplete-artifacts',
    intervalMs: INTERVAL_MS,
    async run() {
      const removed = await artifacts.removeIncomplete();
      return removed > 0 ? { removed } : undefined;
    },
  };
}
