import { createHash, randomBytes } from 'node:crypto';
import { type KeyPair, newKeyPair, SESSION_KEY } from '../access/key-pair.ts';
import type { Queryable, Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { ProvenIdentity } from '../sts/verify-proof.ts';
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
  /** How long a session lives; it is never prolonged without a new proof. */
  readonly minutes: number;
  /** Sessions that one principal may hold at a time. */
  readonly perPrincipal: number;
  /** Grants without a pin become those of the first who signs in under their name, and of nobody who gets the name later. */
  readonly pinAtSignIn: boolean;
}

/** The answer to a sign-in: it is given once, and can be found nowhere afterwards. */
export interface SessionKeys extends KeyPair {
  readonly sessionToken: string;
  readonly expiresAt: Date;
}

/** The kind under which the secret half of a session's keys is sealed; its owner is the session. */
const SESSION_SECRET = 'session-key';

/**
 * Makes a session for somebody whom AWS vouched for.
 * @throws AppError PRINCIPAL_CHANGED when all that the name was granted is pinned to others, RATE_LIMITED beyond the limit
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
    throw new AppError('RATE_LIMITED', `${principal} holds ${live.count} sessions, and may hold no more.`, {
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
  if (!made) throw new TypeError('a session was not stored');
  await secrets.put(tx, secretIdOf(id), Buffer.from(keys.secretAccessKey));
  return { ...keys, sessionToken, expiresAt: made.expiresAt };
}

/** A permission set's role is made anew with other ids as its assignments come and go, so only users and other roles are pinned. */
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
    `${principal} was granted its rights under another unique id than ${uniqueId}: it was deleted and made again. An admin has to grant them anew.`,
  );
}

/** @returns what verifies a request signed with a session's keys; undefined when it is over, revoked or unknown. */
export async function sessionKey(q: Queryable, secrets: SecretStore, id: string) {
  const [session] = await q.query(findSession, { id });
  // Looked up for an unknown one as well: its absence must not answer sooner.
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

/** Removes sessions that are over, with their sealed halves. @returns how many */
export async function purgeSessions(q: Queryable, secrets: SecretStore): Promise<number> {
  const ended = await q.query(listEndedSessions, {});
  for (const { id } of ended) {
    await secrets.remove(q, secretIdOf(id));
    await q.query(deleteSession, { id });
  }
  return ended.length;
}

const secretIdOf = (id: string) => ({ ownerId: id, kind: SESSION_SECRET });
