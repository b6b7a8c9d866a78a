import { ArtifactError } from '../../kernel/artifacts/artifact-error.ts';
import { JobFailure } from '../../kernel/jobs/job.ts';
import { classifyFailure } from '../installer/classify-failure.ts';
import { classifyToolFailure } from '../installer/classify-tool-failure.ts';
import type { ExistingResources, NextStep } from '../installer/exit-outcome.ts';
import type { InstallerRun } from './installer-run.ts';
import { toToolFailure } from './tool-failure.ts';
import type { ToolRun } from './tool-run.ts';

/** What is tried again when the log names no cause: nothing was wrong with the request. */
const RETRYABLE_STEPS: readonly NextStep[] = ['retry', 'destroy-then-retry'];

/** Why a create failed, and what it may have left in the cloud. */
export class CreateFailure extends JobFailure {
  readonly exists: ExistingResources;
  /** The cloud was read back after the failure and holds nothing of the cluster. */
  readonly cloudIsEmpty: boolean;

  constructor(
    code: string,
    message: string,
    options: { retryable: boolean; exists: ExistingResources; cloudIsEmpty?: boolean; cause?: unknown },
  ) {
    super(code, message, options);
    this.exists = options.exists;
    this.cloudIsEmpty = options.cloudIsEmpty ?? false;
  }

  /** From a run of the installer: its reason, one line of cause, and what to do about it. */
  static ofRun(run: InstallerRun, redactor: { redactLine(line: string): string }): CreateFailure {
    if (run.outcome.interrupted && !run.timedOut) {
      // Not by us who wait for it, or we would not be here: the guard, because this worker fell silent.
      const message = 'the installer was stopped because its worker did not answer in time';
      return new CreateFailure('INTERRUPTED', message, { retryable: true, exists: run.outcome.exists });
    }
    const failure = classifyFailure(run.records);
    const cause = run.timedOut ? 'the installer did not end in time' : failure.cause || run.outcome.summary;
    const retryable =
      failure.reason === 'UNKNOWN' ? RETRYABLE_STEPS.includes(run.outcome.next) : failure.retryable;
    return new CreateFailure(failure.reason, redactor.redactLine(`${cause} (${failure.hint})`), {
      retryable,
      exists: run.outcome.exists,
    });
  }

  /** From a run of oc or ccoctl. What is not understood may pass: it is tried again, under the code `otherwise`. */
  static ofTool(
    name: string,
    { cause, lastLines }: Pick<ToolRun, 'cause' | 'lastLines'>,
    otherwise: string,
    exists: ExistingResources,
  ): CreateFailure {
    const known = classifyToolFailure(lastLines);
    if (known === undefined)
      return new CreateFailure(otherwise, `${name}: ${cause}`, { retryable: true, exists });
    const { reason, retryable, hint } = known;
    const words = known.evidence ?? known.cause;
    return new CreateFailure(reason, `${name}: ${words} (${hint})`, { retryable, exists });
  }

  provenEmpty(): CreateFailure {
    const { code, message, retryable, exists } = this;
    return new CreateFailure(code, message, { retryable, exists, cloudIsEmpty: true, cause: this.cause });
  }
}

/**
 * @returns errors of our own tools as failures of the job; what is not known stays as it is, and is retried. That nothing exists
 * is only a belief: the caller proves it.
 */
export function toCreateFailure(error: unknown): JobFailure {
  if (error instanceof JobFailure) return error;
  if (error instanceof ArtifactError) {
    return new JobFailure(error.code, error.message, { retryable: true, cause: error });
  }
  const { code, message, retryable, cause } = toToolFailure(error);
  return new CreateFailure(code, message, { retryable, exists: 'nothing', cause });
}
