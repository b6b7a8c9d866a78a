import pg from 'pg';
import { DatabaseUnavailableError, messageOf, SetupError, systemCodeOf } from '../errors.ts';
import { codeOf, isUnavailable } from './sqlstate.ts';

/** Codes of system calls that waiting does not cure. */
const PERMANENT = new Set(['EACCES', 'EPERM', 'EINVAL']);

/** The driver gives these errors no code. Others without a code are of the authentication, or of a server without TLS. */
const CONNECTION_LOST = /^(Connection terminated|timeout e)/;

/** A server that cannot be connected to. @returns a DatabaseUnavailableError if a retry may succeed, else a SetupError */
export function connectError(error: unknown): DatabaseUnavailableError | SetupError {
  const reason = error instanceof DatabaseUnavailableError ? (error.cause ?? error) : error;
  const message = `cannot use the PostgreSQL server: ${describe(reason)}`;
  if (isTemporary(reason)) return new DatabaseUnavailableError(message, reason);
  return new SetupError(message, {
    hint: 'check user, password and database in DATABASE_URL (postgresql://user:password@host:5432/database)',
    cause: reason,
  });
}

/** A failed connection to a host name with several addresses is an AggregateError, whose own message is empty. */
function describe(reason: unknown): string {
  return reason instanceof AggregateError ? reason.errors.map(messageOf).join(', ') : messageOf(reason);
}

function isTemporary(reason: unknown): boolean {
  if (reason instanceof AggregateError) return reason.errors.some(isTemporary);
  if (reason instanceof pg.DatabaseError) return isUnavailable(codeOf(reason));
  const code = systemCodeOf(reason);
  if (code !== undefined) return !PERMANENT.has(code);
  return codeOf(reason) === undefined && CONNECTION_LOST.test(messageOf(reason));
}
