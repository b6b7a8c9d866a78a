import type { Job } from '../../contract/documents.ts';
import {
  BACKUP_DATABASE_PHASES,
  BUILD_PHASES,
  CREATE_PHASES,
  DEPLOY_PHASES,
  DESTROY_DATA_PHASES,
  DESTROY_ENVIRONMENT_PHASES,
  DESTROY_PHASES,
  INSTANCES_PHASES,
  PROVISION_DATABASE_PHASES,
  RESTORE_DATABASE_PHASES,
  ROTATE_DATABASE_PHASES,
  RUN_PHASES,
  SCALE_PHASES,
  SWEEP_PHASES,
  VERIFY_DATABASE_PHASES,
} from '../../contract/statuses.ts';

export type StepState = 'waiting' | 'active' | 'done' | 'failed';

export interface Step {
  readonly id: string;
  readonly state: StepState;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

/** A step that will not change any more; the key is unique over all attempts. */
export interface FinishedStep extends Step {
  readonly key: string;
  /** Why it failed, if that was recorded. */
  readonly reason?: string | undefined;
}

export interface LogEntry {
  readonly seq: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** The latest milestone within a step. */
export interface MilestoneProgress {
  readonly title: string;
  /** Share of a typical run that is done at this point, 0 to 1. */
  readonly fraction: number;
}

/** The state of a followed job, computed by `reduce` and shown by the renderers. */
export interface ProgressState {
  readonly title: string;
  /** How long steps usually take, in milliseconds. */
  readonly usualMs: Readonly<Record<string, number>>;
  readonly attempt: number;
  /** Every line of its log is wanted, also where only changes are shown: the output of a build says why it fails. */
  readonly showsOutput: boolean;
  readonly steps: readonly Step[];
  /** Append-only; includes the steps of earlier attempts. */
  readonly finished: readonly FinishedStep[];
  /** A failed step whose reason follows with the next event about the state of the job. */
  readonly failing: FinishedStep | undefined;
  /** The removal of what the attempt before left, while it goes on. */
  readonly cleanUp: Step | undefined;
  readonly milestone: MilestoneProgress | undefined;
  /** The latest log lines, oldest first. */
  readonly logs: readonly LogEntry[];
  readonly lastSeq: number;
  /** The job has ended: nothing of it changes any more. */
  readonly hasEnded: boolean;
}

/**
 * Typical durations of jobs on clusters in a real cloud, in milliseconds. Installations take 33 to 54 minutes, nearly all of it in one step;
 * a worker is ready after 3 to 6.
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
  wait: 6 * 60_000,
};

/** The state before the first event: all steps are waiting. */
export function initialProgress(options: {
  readonly title: string;
  readonly job: Pick<Job, 'type' | 'resourceKind'>;
  readonly usualMs: Readonly<Record<string, number>>;
}): ProgressState {
  return {
    title: options.title,
    usualMs: options.usualMs,
    attempt: 1,
    showsOutput: options.job.type === 'BUILD',
    steps: waitingSteps(PHASES[options.job.resourceKind]?.[options.job.type] ?? []),
    finished: [],
    failing: undefined,
    cleanUp: undefined,
    milestone: undefined,
    logs: [],
    lastSeq: 0,
    hasEnded: false,
  };
}

/** @returns a waiting step for each phase. */
export function waitingSteps(phases: readonly string[]): Step[] {
  return phases.map((id) => ({ id, state: 'waiting', startedAt: undefined, endedAt: undefined }));
}

/** @returns the active step. */
export function activeStep(state: ProgressState): Step | undefined {
  return state.cleanUp ?? state.steps.find((step) => step.state === 'active');
}

/** How long a step took. */
export function tookMs({ startedAt, endedAt }: Step): number {
  return startedAt && endedAt ? Math.max(0, endedAt.getTime() - startedAt.getTime()) : 0;
}

/** By what the job works on and its type in the API. The phases of other jobs become steps when they start. */
const PHASES: Readonly<Partial<Record<string, Readonly<Partial<Record<string, readonly string[]>>>>>> = {
  cluster: {
    CREATE: CREATE_PHASES,
    DESTROY: DESTROY_PHASES,
    JANITOR_DESTROY: DESTROY_PHASES,
    SCALE_WORKERS: SCALE_PHASES,
  },
  orphan: { SWEEP: SWEEP_PHASES },
  deployment: { BUILD: BUILD_PHASES },
  service: {
    DEPLOY: DEPLOY_PHASES,
    SCALE: INSTANCES_PHASES,
    RESTART: INSTANCES_PHASES,
    RECOVER: INSTANCES_PHASES,
    DESTROY: INSTANCES_PHASES,
    RUN: RUN_PHASES,
  },
  database: {
    PROVISION: PROVISION_DATABASE_PHASES,
    RECOVER: PROVISION_DATABASE_PHASES,
    ROTATE: ROTATE_DATABASE_PHASES,
    BACKUP: BACKUP_DATABASE_PHASES,
    RESTORE: RESTORE_DATABASE_PHASES,
    DESTROY: DESTROY_DATA_PHASES,
  },
  drill: { VERIFY: VERIFY_DATABASE_PHASES },
  volume: { DESTROY: DESTROY_DATA_PHASES },
  environment: { DESTROY: DESTROY_ENVIRONMENT_PHASES, JANITOR_DESTROY: DESTROY_ENVIRONMENT_PHASES },
};
