/**
 * SQLSTATEs of temporary failures of the connection, the server or its disk: a retry may succeed.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const UNAVAILABLE = new Set([
  '25006', // read-only: a standby, or the embedded engine while the disk is full
  '25P03', // idle in a transaction for too long
  '40001', // serialisation failure
  '40P01', // deadlock: one of two was chosen, a retry goes through
  '53000', // insufficient resources
  '53100', // disk full
  '53200', // out of memory
  '53300', // too many connections
  '55P03', // lock not available in time
  '57014', // statement timeout
  '57P01', // admin shutdown
  '57P02', // crash shutdown
  '57P03', // cannot connect now
  '57P05', // idle session timeout
  '58030', // I/O error
]);

/** SQLSTATEs after which the session is gone. */
const SESSION_ENDED = new Set(['25P03', '57P01', '57P02', '57P03', '57P05']);

/** @returns the SQLSTATE or system code of an error, if any */
export function codeOf(thrown: unknown): string | undefined {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}

export function isUnavailable(sqlState: string | undefined): boolean {
  return sqlState !== undefined && (UNAVAILABLE.has(sqlState) || sqlState.startsWith('08'));
}

export function endsSession(sqlState: string | undefined): boolean {
  return sqlState !== undefined && (SESSION_ENDED.has(sqlState) || sqlState.startsWith('08'));
}
