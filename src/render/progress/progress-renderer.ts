import type { JobEvent } from '../../contract/documents.ts';
import type { ContactNotice } from './contact-lines.ts';
import type { ProgressState } from './progress-state.ts';

/** Shows the progress of a job; called for each event, after the reducer, and for each tick. */
export interface ProgressRenderer {
  event(event: JobEvent, before: ProgressState, after: ProgressState): void;
  tick(now: Date, state: ProgressState, contact: ContactNotice): void;
  /** Shows a message of the command while the display has the terminal. */
  note(text: string): void;
  /** Renders the final state. */
  close(state: ProgressState): Promise<void>;
  /** Interval of `tick`. */
  readonly tickMs: number;
}
