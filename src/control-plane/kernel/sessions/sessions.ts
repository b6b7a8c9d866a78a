import { createHash, randomBytes } from 'node:crypto';
import { type KeyPair, newKeyPair, SESSION_KEY } from '../access/keys.ts';
import type { Db, Queryable, Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { ProvenIdentity } from '../sts/verify-proof.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import {
  countGrants,
  countSessions,
  deleteSession,
  findSession,
  insertSession,
  listEndedSessions,
  lockPrincipal,
  pinGrants,
} from './sessions.sql.ts';

export interface SessionLimits {
  /** Lifetime of a session; a new one needs a new STS proof. */
  readonly minutes: number;
  /** Sessions that one principal may have at a time. */
  readonly perPrincipal: number;
  /** Pins the grants of a principal to the AWS unique id that signs in first, so that a later holder of the name does not get them. */
  readonly pinAtSignIn: boolean;
}

/** The response to a sign-in. The secret and the token cannot be read again later. */
export interface SessionKeys extends KeyPair {
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

/** Kind of the stored secret of a session's keys; its owner is the session id. */
const SESSION_SECRET = 'session-key';

/**
 * Creates a session for an identity that STS has verified.
 * @throws AppError PRINCIPAL_CHANGED when all grants of the principal are pinned to another unique id, RATE_LIMITED beyond the limit
 */
export async function issueSession(
  tx: Tx,
  secrets: SecretStore,
  identity: ProvenIdentity,
  limits: SessionLimits,
): Promise<SessionKeys> {
  const { principal, uniqueId, arn, claimedSession = null } = identity;
  await tx.query(lockPrincipal, { principal });
  await assertSameIdentity(tx, identity, limits.pinAtSignIn);
  const [live] = await tx.query(countSessions, { principal });
  if (live && live.count >= limits.perPrincipal) {
    throw new AppError('RATE_LIMITED', `${principal} has ${live.count} sessions, which is the limit.`, {
      retryAfterSeconds: live.firstEndsInSeconds,
    });
  }
  const keys = newKeyPair(SESSION_KEY);
  const sessionToken = randomBytes(32).toString('base64url');
  const tokenSha256 = createHash('sha256').update(sessionToken).digest();
  const id = keys.accessKeyId;
  const { minutes } = limits;
  const [made] = await tx.query(insertSession, {
    id,
    principal,
    uniqueId,
    arn,
    claimedSession,
    tokenSha256,
    minutes,
  });
  if (!made) throw new TypeError('inserting a session returned no row');
  await secrets.put(tx, secretIdOf(id), Buffer.from(keys.secretAccessKey));
  return { ...keys, sessionToken, expiresAt: made.expiresAt };
}

/** Permission sets are not pinned: IAM Identity Center recreates their roles, with new unique ids, when assignments change. */
async function assertSameIdentity(
  tx: Tx,
  { kind, principal, uniqueId }: ProvenIdentity,
  pin: boolean,
): Promise<void> {
  if (pin && kind !== 'sso') await tx.query(pinGrants, { principal, uniqueId });
  const [grants] = await tx.query(countGrants, { principal, uniqueId });
  if (!grants || grants.all === 0 || grants.own > 0) return;
  throw new AppError(
    'PRINCIPAL_CHANGED',
    `The grants of ${principal} are pinned to another AWS unique id than ${uniqueId}: an admin has to grant them again.`,
  );
}

/** @returns the signing key of a session; undefined when it is expired, revoked or unknown */
export async function sessionKey(q: Queryable, secrets: SecretStore, id: string) {
  const [session] = await q.query(findSession, { id });
  // Also read for an unknown session, so that the response takes the same time.
  const secret = await secrets.open(q, secretIdOf(id));
  return (
    session &&
    secret && {
      accessKeyId: id,
      principal: session.principal,
      uniqueId: session.uniqueId,
      secret: Buffer.from(secret).toString('utf8'),
      sessionTokenSha256: session.tokenSha256,
    }
  );
}

/** Deletes expired and revoked sessions with their secrets. @returns how many */
export async function purgeSessions(q: Queryable, secrets: SecretStore): Promise<number> {
  const ended = await q.query(listEndedSessions, {});
  for (const { id } of ended) {
    await secrets.remove(q, secretIdOf(id));
    await q.query(deleteSession, { id });
  }
  return ended.length;
}

const secretIdOf = (id: string) => ({ ownerId: id, kind: SESSION_SECRET });

/** Deletes expired and revoked sessions and their secrets. */
export function purgeSessionsTask(db: Db, secrets: SecretStore, intervalMs: number): PeriodicTask {
  return {
    name: 'purge-sessions',
    intervalMs,
    async run() {
      const sessions = await purgeSessions(db, secrets);
      return sessions > 0 ? { sessions } : undefined;
    },
  };
}
