import { JobFailure } from '../../kernel/jobs/job.ts';
import { CloudError } from '../clouds/cloud-error.ts';
import { InstallerError } from '../installer/installer-error.ts';
import { INSTALLER_FAILURES } from './failure-codes.ts';

/** @returns an error of what a job works with, cloud or installer, as its failure: cause and hint in one sentence. Throws any other. */
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
