import { messageOf, SetupError } from '../errors.ts';
import { codeOf } from './sqlstate.ts';

const INSUFFICIENT_PRIVILEGE = '42501';
/** Undefined table, column, function and schema: statements are tested against the schema of this version. */
const SCHEMA_CHANGED = new Set(['42P01', '42703', '42883', '3F000']);
/** Classes of SQLSTATEs: failures of the system, of the configuration file, and inside PostgreSQL, for example damaged data. */
const SERVER_FAILED = /^(58|F0|XX)...$/;

/** @returns an error of the database that only its operator can cure as a SetupError, any other error unchanged */
export function databaseSetupError(error: unknown): unknown {
  const code = codeOf(error) ?? '';
  if (code === INSUFFICIENT_PRIVILEGE) {
    return setupError(
      error,
      'the database role lacks privileges',
      "run 'ocpctl server migrate --app-role ROLE' with the DATABASE_URL of the owner",
    );
  }
  if (SCHEMA_CHANGED.has(code)) {
    return setupError(
      error,
      'the database schema is not the one that ocpctl made',
      'use a database that only ocpctl changes, or restore this one from a backup',
    );
  }
  if (SERVER_FAILED.test(code)) {
    return setupError(error, 'the database has failed', 'see the log of the PostgreSQL server');
  }
  return error;
}

function setupError(cause: unknown, what: string, hint: string): SetupError {
  return new SetupError(`${what}: ${messageOf(cause)}`, { hint, cause });
}
