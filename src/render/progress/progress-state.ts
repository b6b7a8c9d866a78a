import type { Job } from '../../contract/documents.ts';
import { CREATE_PHASES, DESTROY_PHASES } from '../../contract/statuses.ts';

export type StepState = 'waiting' | 'active' | 'done' | 'failed';

export interface Step {
  readonly id: string;
  readonly state: StepState;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

/** A step that will not change any more; the key is its own over all attempts. */
export interface FinishedStep extends Step {
  readonly key: string;
}

export interface LogEntry {
  readonly seq: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** A landmark within a step. */
export interface MilestoneProgress {
  readonly title: string;
  /** How much of a usual run is over there, 0 to 1. */
  readonly fraction: number;
}

/** What is known of a job while it is being watched. Made by `reduce`, shown by the renderers. */
export interface ProgressState {
  readonly title: string;
  /** Whether the steps' usual durations are worth showing: a simulated cloud has none. */
  readonly hasExpectations: boolean;
  readonly attempt: number;
  readonly steps: readonly Step[];
  /** Only grows: also the steps of earlier attempts. */
  readonly finished: readonly FinishedStep[];
  readonly milestone: MilestoneProgress | undefined;
  /** The newest log lines, oldest first. */
  readonly logs: readonly LogEntry[];
  readonly lastSeq: number;
}

/**
 * Usual durations in milliseconds on a real cloud, for "how long does this take": installs are known to take 33 to 54
 * minutes, nearly all of it in one step.
 */
export const TYPICAL_MS: Readonly<Record<string, number>> = {
  prepare: 60_000,
  manifests: 10_000,
  ignition: 10_000,
  checkpoint: 10_000,
  provision: 42 * 60_000,
  verify: 60_000,
  restore: 10_000,
  destroy: 12 * 60_000,
  'read-back': 60_000,
};

/** The state before the first event: all steps of the job's type wait. */
export function initialProgress(options: {
  readonly title: string;
  readonly jobType: Job['type'];
  readonly hasExpectations: boolean;
}): ProgressState {
  return {
    title: options.title,
    hasExpectations: options.hasExpectations,
    attempt: 1,
    steps: waitingSteps(phasesOf(options.jobType)),
    finished: [],
    milestone: undefined,
    logs: [],
    lastSeq: 0,
  };
}

/** @returns a step for each phase, none of them begun. */
export function waitingSteps(phases: readonly string[]): Step[] {
  return phases.map((id) => ({ id, state: 'waiting', startedAt: undefined, endedAt: undefined }));
}

/** @returns the step that is under way. */
export function activeStep(state: ProgressState): Step | undefined {
  return state.steps.find((step) => step.state === 'active');
}

function phasesOf(jobType: Job['type']): readonly string[] {
  switch (jobType) {
    case 'CREATE':
      return CREATE_PHASES;
    case 'DESTROY':
    case 'JANITOR_DESTROY':
      return DESTROY_PHASES;
    case 'SCALE_WORKERS':
    case 'ORPHAN_SWEEP':
      return [];
  }
}
