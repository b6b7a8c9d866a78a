import type { JobEvent } from '../../contract/documents.ts';
import type { ProgressState } from './progress-state.ts';

/** Shows the progress of one job; it is told of each event after the reducer was, and of the time between them. */
export interface ProgressRenderer {
  event(event: JobEvent, before: ProgressState, after: ProgressState): void;
  tick(now: Date, state: ProgressState): void;
  /** Leaves the screen as it should stay. */
  close(): Promise<void>;
  /** How often `tick` is wanted. */
  readonly tickMs: number;
}
