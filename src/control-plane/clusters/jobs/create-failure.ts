import { ArtifactError } from '../../kernel/artifacts/artifact-error.ts';
import { JobFailure } from '../../kernel/jobs/job.ts';
import { CloudError } from '../clouds/cloud.ts';
import { classifyFailure } from '../installer/classify-failure.ts';
import { classifyToolFailure } from '../installer/classify-tool-failure.ts';
import type { ExistingResources, NextStep } from '../installer/exit-outcome.ts';
import { InstallerError } from '../installer/installer-error.ts';
import { INSTALLER_FAILURES } from '../installer/installer-failures.ts';
import type { InstallerRun } from './installer-run.ts';
import type { ToolRun } from './tool-run.ts';

/** Retried when the log has no known cause. */
const RETRYABLE_STEPS: readonly NextStep[] = ['retry', 'destroy-then-retry'];

/** Why a create failed, and what may exist in the cloud. */
export class CreateFailure extends JobFailure {
  readonly exists: ExistingResources;
  /** The read-back after the failure found nothing of the cluster. */
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

  /** From a run of the installer: reason, one line of cause, and hint. */
  static ofRun(run: InstallerRun): CreateFailure {
    const failure = classifyFailure(run.records);
    const words = failure.evidence ?? (failure.cause || run.outcome.summary);
    const cause = run.timedOut ? 'the installer timed out' : words;
    const retryable =
      failure.reason === 'UNKNOWN' ? RETRYABLE_STEPS.includes(run.outcome.next) : failure.retryable;
    return new CreateFailure(failure.reason, `${cause} (${failure.hint})`, {
      retryable,
      exists: run.outcome.exists,
    });
  }

  /** From a run of oc or ccoctl. A failure of unknown reason is retried, with the code `otherwise`. */
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
 * @returns an error of the artifact store, the cloud or the installer as a failure of the job; any other error is thrown, and
 * retried. That nothing exists in the cloud is an assumption that the caller proves.
 */
export function toCreateFailure(error: unknown): JobFailure {
  if (error instanceof JobFailure) return error;
  if (error instanceof ArtifactError) {
    return new JobFailure(error.code, error.message, { retryable: true, cause: error });
  }
  const { code, message, retryable, cause } = toToolFailure(error);
  return new CreateFailure(code, message, { retryable, exists: 'nothing', cause });
}

/** @returns an error of the cloud or the installer as a failure of the job, its hint included in the message; any other is thrown. */
export function toToolFailure(error: unknown): JobFailure {
  if (error instanceof JobFailure) return error;
  if (error instanceof CloudError) {
    const { code, message, hint, retryable } = error;
    return new JobFailure(code, `${message} (${hint})`, { retryable, cause: error });
  }
  if (error instanceof InstallerError) {
    const { code, message, hint } = error;
    const sentence = hint === undefined ? message : `${message} (${hint})`;
    return new JobFailure(code, sentence, { retryable: INSTALLER_FAILURES[code].retried, cause: error });
  }
  throw error;
}
