import type { JobEvent } from '../../contract/documents.ts';
import type { ProgressState } from './progress-state.ts';

/** Shows the progress of a job; called for each event, after the reducer, and for each tick. */
export interface ProgressRenderer {
  event(event: JobEvent, before: ProgressState, after: ProgressState): void;
  tick(now: Date, state: ProgressState): void;
  /** Renders the final state. */
  close(): Promise<void>;
  /** Interval of `tick`. */
  readonly tickMs: number;
}
