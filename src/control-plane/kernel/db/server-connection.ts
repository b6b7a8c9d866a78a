import pg from 'pg';
import { messageOf, systemCodeOf } from '../errors.ts';
import { codeOf } from './sqlstate.ts';

/** A PostgreSQL server other than that of the installation. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Runs statements on one connection; values are text. */
export type RunStatement = (text: string) => Promise<readonly Readonly<Record<string, string | null>>[]>;

/** A statement or connection that failed. The message has neither the statement nor the password. */
export class ServerConnectionError extends Error {
  /** SQLSTATE, or the code of the system call. */
  readonly code: string | undefined;
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = 'ServerConnectionError';
    this.code = codeOf(cause) ?? systemCodeOf(cause);
  }
}

const TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;

export interface ConnectionLimits {
  /** Of one statement (default: 30 seconds). */
  readonly timeoutMs?: number;
  /** Aborting it ends the connection, and with it the statement that runs. */
  readonly signal?: AbortSignal;
}

/** Connects, works and disconnects. @throws ServerConnectionError */
export async function withServerConnection<T>(
  address: ServerAddress,
  work: (run: RunStatement) => Promise<T>,
  { timeoutMs = TIMEOUT_MS, signal }: ConnectionLimits = {},
): Promise<T> {
  signal?.throwIfAborted();
  const client = new pg.Client({
    ...address,
    application_name: 'ocpctl',
    statement_timeout: timeoutMs,
    query_timeout: timeoutMs,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    types: { getTypeParser: () => (wire: string) => wire },
  });
  // A connection that breaks fails the statement that runs.
  client.on('error', () => {});
  const end = () => void client.end().catch(() => {});
  signal?.addEventListener('abort', end, { once: true });
  const orThrow = <R>(answer: Promise<R>): Promise<R> =>
    answer.catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new ServerConnectionError(error);
    });
  try {
    await orThrow(client.connect());
    return await work(async (text) => (await orThrow(client.query(text))).rows);
  } finally {
    signal?.removeEventListener('abort', end);
    await client.end().catch(() => {});
  }
}

export const quoteIdentifier = (name: string): string => pg.escapeIdentifier(name);
export const quoteLiteral = (text: string): string => pg.escapeLiteral(text);
