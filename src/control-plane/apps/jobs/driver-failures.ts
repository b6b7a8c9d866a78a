import { ServerConnectionError } from '../../kernel/db/server-connection.ts';
import { JobFailure } from '../../kernel/jobs/job.ts';
import { BuildError } from '../builder/build-error.ts';
import { DatabaseError } from '../databases/database-error.ts';
import { RuntimeError } from '../runtime/runtime-error.ts';

/** Runs something of a driver; its errors become failures of the job. */
export async function asJobFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RuntimeError) throw ofRuntime(error);
    if (error instanceof BuildError) throw ofBuild(error);
    if (error instanceof DatabaseError) throw ofDatabase(error);
    if (error instanceof ServerConnectionError)
      throw ofDatabase(new DatabaseError('failed', `the server refuses: ${error.message}`, { cause: error }));
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

function ofDatabase(error: DatabaseError): JobFailure {
  switch (error.kind) {
    case 'engine-missing':
      return new JobFailure('DATABASE_ENGINE_MISSING', error.message, { retryable: false, cause: error });
    case 'failed':
      return new JobFailure('DATABASE_FAILED', error.message, { retryable: true, cause: error });
  }
}
