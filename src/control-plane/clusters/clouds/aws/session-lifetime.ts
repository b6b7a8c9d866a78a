import type { InstallerPurpose } from '../cloud.ts';
import { AwsError } from './aws-error.ts';
import type { AwsCredentials } from './worker-credentials.ts';

/** Sources of the SDK that return one session until someone replaces it; the names are those of its user agent. */
const FIXED_SOURCES = new Set(['CREDENTIALS_CODE', 'CREDENTIALS_ENV_VARS', 'CREDENTIALS_PROFILE']);

const MINUTE_MS = 60_000;
/** An install takes about 45 minutes. A destroy takes 10 or more; what a shorter one leaves, the next attempt removes. */
const NEEDED_MINUTES = { create: 60, destroy: 10 } as const;

/**
 * @returns whether the worker gets a new session when this one ends: from a role, SSO or a `credential_process`. Without an end the SDK
 * never asks again: it takes the credentials of such a process for long-term ones.
 */
export function isRenewed({ sessionToken, expiration, $source = {} }: AwsCredentials): boolean {
  if (sessionToken === undefined || expiration === undefined) return false;
  const sources = Object.keys($source);
  return sources.length === 0 || sources.some((source) => !FIXED_SOURCES.has(source));
}

/**
 * A session whose end is not known is let through: only the installer finds out.
 * @throws AwsError SESSION_TOO_SHORT if the session ends before the work and cannot be renewed
 */
export function assertSessionLasts(
  credentials: AwsCredentials,
  command: InstallerPurpose['command'],
  now: Date,
): void {
  const { expiration } = credentials;
  if (expiration === undefined || isRenewed(credentials)) return;
  const minutes = Math.max(0, Math.floor((expiration.getTime() - now.getTime()) / MINUTE_MS));
  const needed = NEEDED_MINUTES[command];
  if (minutes >= needed) return;
  throw new AwsError(
    'SESSION_TOO_SHORT',
    `the worker's session ends in ${minutes} minutes, at ${expiration.toISOString()}, and cannot be renewed; a ${command} needs ${needed}`,
    {
      hint: 'give the worker credentials that are renewed (an instance role, a web identity, SSO, a profile with credential_process), or a longer session',
      retryable: false,
    },
  );
}
