import { JobFailure } from '../../kernel/jobs/job.ts';
import { BuildError } from '../builder/build-error.ts';
import { RuntimeError } from '../runtime/runtime-error.ts';

/** Runs something of a driver; its errors become failures of the job. */
export async function asJobFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RuntimeError) throw ofRuntime(error);
    if (error instanceof BuildError) throw ofBuild(error);
    throw error;
  }
}

function ofRuntime(error: RuntimeError): JobFailure {
  const message = error.hint === undefined ? error.message : `${error.message}: ${error.hint}`;
  switch (error.kind) {
    case 'invalid':
      return new JobFailure('RUNTIME_REFUSED', message, { retryable: false, cause: error });
    case 'unavailable':
      return new JobFailure('RUNTIME_UNAVAILABLE', message, {
        retryable: true,
        spendsAttempt: false,
        cause: error,
      });
    case 'infrastructure':
      return new JobFailure('RUNTIME_FAILED', message, { retryable: true, cause: error });
  }
}

function ofBuild(error: BuildError): JobFailure {
  const { message } = error;
  switch (error.kind) {
    case 'failed':
      return new JobFailure('BUILD_FAILED', message, { retryable: false, cause: error });
    case 'unavailable':
      return new JobFailure('BUILD_TOOL_MISSING', message, {
        retryable: true,
        spendsAttempt: false,
        cause: error,
      });
    case 'infrastructure':
      return new JobFailure('BUILD_INFRASTRUCTURE', message, { retryable: true, cause: error });
  }
}
