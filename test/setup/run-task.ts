import type { PeriodicTask } from '../../src/control-plane/kernel/tasks/periodic-task.ts';

/** Runs a task that commits nothing under the fence of its run. */
export function runTask(
  task: PeriodicTask,
  signal = new AbortController().signal,
): ReturnType<PeriodicTask['run']> {
  return task.run(signal, () => Promise.reject(new Error(`${task.name} has no run to commit under`)));
}
