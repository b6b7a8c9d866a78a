import { CliError, UsageError } from '../errors/cli-error.ts';
import { EXIT, type ExitCode } from '../errors/exit-codes.ts';

const EXIT_CODES: Readonly<Record<string, ExitCode>> = {
  INSTALLER_NOT_FOUND: EXIT.notFound,
  INSTALLER_VERSION_UNKNOWN: EXIT.notFound,
  INSTALLER_DOWNLOAD_FAILED: EXIT.unreachable,
};

/** What the operator can do something about. Only an InstallerError has a code of docs/errors.md. */
const EXPECTED = new Set([
  'SetupError',
  'InstallerError',
  'ArtifactError',
  'SecretUnreadableError',
  'SecretsUnavailableError',
  'SpawnFailedError',
]);
const DATABASE_ERRORS = new Set(['DatabaseUnavailableError', 'DatabaseFullError']);
const DATABASE_HINT =
  'check that the database runs and that DATABASE_URL is right, then run the command again';

/**
 * Runs code of the control plane in this process. What its operator can cure becomes a CLI error; everything else is a bug.
 * Errors are matched by name because importing their classes would load the control plane.
 */
export async function mapSetupErrors<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Error ? asCliError(error) : error;
  }
}

function asCliError(error: Error): Error {
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  if (DATABASE_ERRORS.has(error.name)) {
    return new CliError('DATABASE_UNAVAILABLE', error.message, {
      hint: hint ?? DATABASE_HINT,
      exitCode: EXIT.unreachable,
      retryable: true,
      cause: error,
    });
  }
  if (error.name === 'UnknownNameError')
    return new UsageError(error.message, hint === undefined ? {} : { hint });
  if (!EXPECTED.has(error.name)) return error;
  const code = error.name === 'InstallerError' && 'code' in error ? String(error.code) : 'SETUP';
  return new CliError(code, error.message, {
    ...(hint === undefined ? {} : { hint }),
    exitCode: EXIT_CODES[code] ?? EXIT.error,
    cause: error,
  });
}
