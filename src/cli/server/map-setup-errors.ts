import { CliError } from '../errors/cli-error.ts';
import { EXIT, type ExitCode } from '../errors/exit-codes.ts';

const EXIT_CODES: Readonly<Record<string, ExitCode>> = {
  INSTALLER_NOT_FOUND: EXIT.notFound,
  INSTALLER_VERSION_UNKNOWN: EXIT.notFound,
  INSTALLER_DOWNLOAD_FAILED: EXIT.unreachable,
};

const EXPECTED = new Set(['SetupError', 'InstallerError', 'DatabaseUnavailableError']);
const HINTS: Readonly<Record<string, { readonly hint: string }>> = {
  DatabaseUnavailableError: { hint: 'check the database and its disk, then start the server again' },
};

/**
 * Runs code of the control plane in this process. Its setup, installer and database errors become CLI errors; everything else is a bug.
 * Errors are matched by name because importing their classes would load the control plane.
 */
export async function mapSetupErrors<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && EXPECTED.has(error.name))) throw error;
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'SETUP';
    const hint = 'hint' in error && typeof error.hint === 'string' ? { hint: error.hint } : HINTS[error.name];
    const exitCode = EXIT_CODES[code] ?? EXIT.error;
    throw new CliError(code, error.message, { ...hint, exitCode, cause: error });
  }
}
