import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { isErrno, withFileLock, writePrivateFile } from '../config/private-file.ts';

/** Session keys as cached between commands. */
export interface CachedSession {
  readonly principal: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly region: string;
  /** RFC 3339, local clock. */
  readonly endsAt: string;
}

/** Cache for the session of one AWS identity with one server. */
export interface SessionCache {
  read(): Promise<CachedSession | undefined>;
  write(session: CachedSession): Promise<void>;
  remove(): Promise<void>;
  /** Only one process at a time creates a session. */
  withLock<T>(work: () => Promise<T>): Promise<T>;
}

const LOCK_TIMEOUTS = { waitMs: 60_000, staleMs: 90_000 };
const FIELDS = ['principal', 'accessKeyId', 'secretAccessKey', 'sessionToken', 'region', 'endsAt'] as const;

/**
 * A file of mode 0600 for each server and AWS identity.
 * @param identity everything that selects the AWS identity, so that another profile never gets this session
 */
export function fileSessionCache(directory: string, identity: readonly string[]): SessionCache {
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
  const path = join(directory, 'sessions', `${name}.json`);
  return {
    read: () => readSession(path),
    write: (session) => writePrivateFile(path, `${JSON.stringify(session, null, 2)}\n`),
    remove: () => fs.rm(path, { force: true }),
    withLock: (work) => withFileLock(path, LOCK_TIMEOUTS, work),
  };
}

/** @returns undefined if there is no session, if it is invalid, or if other users can access the file. */
async function readSession(path: string): Promise<CachedSession | undefined> {
  try {
    if (process.platform !== 'win32' && ((await fs.stat(path)).mode & 0o077) !== 0) return undefined;
    const parsed: unknown = JSON.parse(await fs.readFile(path, 'utf8'));
    return isCachedSession(parsed) ? parsed : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCachedSession(value: unknown): value is CachedSession {
  return (
    typeof value === 'object' &&
    value !== null &&
    FIELDS.every((field) => field in value && typeof (value as Record<string, unknown>)[field] === 'string')
  );
}
