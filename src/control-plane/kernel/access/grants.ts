import { audit, PLATFORM_STREAM } from '../audit/audit.ts';
import { ALL_TEAMS, type Caller, type Role } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import { AppError } from '../errors.ts';
import { countAdminsWithout, deleteGrant, findGrant, insertGrant, lockAdmins } from './grants.sql.ts';

export type GrantRow = RowOf<typeof findGrant>;

/** What a grant is known by. */
export interface GrantKey {
  readonly principal: string;
  readonly role: Role;
  readonly team: string;
}

export interface NewGrant extends GrantKey {
  /** Pins the grant to an AWS unique id; null is for whoever has the name. */
  readonly uniqueId: string | null;
}

export interface GrantChange {
  readonly grant: GrantRow;
  /** False when everything was as it was asked for. */
  readonly changed: boolean;
}

type Actor = Pick<Caller, 'principal' | 'requestId' | 'sourceIp' | 'userAgent'>;

/** What adding a grant would do. @throws AppError when it makes no sense, or one with another pin is there */
export async function planGrant(db: Queryable, actor: Actor, wanted: NewGrant): Promise<GrantChange> {
  assertValidGrant(wanted);
  const [present] = await db.query(findGrant, keyOf(wanted));
  if (!present) {
    return { grant: { ...wanted, grantedBy: actor.principal, createdAt: new Date() }, changed: true };
  }
  return unchangedGrant(present, wanted);
}

/** Adds a grant, with its audit event, in the caller's transaction. Asking again for the same changes nothing. */
export async function addGrant(tx: Tx, actor: Actor, wanted: NewGrant): Promise<GrantChange> {
  assertValidGrant(wanted);
  const { uniqueId } = wanted;
  const [added] = await tx.query(insertGrant, { ...keyOf(wanted), uniqueId, grantedBy: actor.principal });
  if (!added) {
    const [present] = await tx.query(findGrant, keyOf(wanted));
    if (!present) throw new AppError('STATE_CONFLICT', 'This grant is being changed: try again.');
    return unchangedGrant(present, wanted);
  }
  await audit(tx, PLATFORM_STREAM, actor, {
    action: 'access.grant.add',
    target: wanted.principal,
    status: 'SUCCESS',
    metadata: { role: wanted.role, team: wanted.team, uniqueId },
  });
  return { grant: added, changed: true };
}

/** What removing a grant would do. @throws AppError NOT_FOUND, LAST_ADMIN */
export async function planGrantRemoval(db: Queryable, key: GrantKey): Promise<GrantChange> {
  const [present] = await db.query(findGrant, keyOf(key));
  if (!present) {
    throw new AppError('NOT_FOUND', `${key.principal} holds no grant ${key.role} in ${teamText(key.team)}.`);
  }
  if (isAdminGrant(key)) await assertAdminRemains(db, { principal: key.principal, keyId: null });
  return { grant: present, changed: true };
}

/** Removes a grant, with its audit event, in the caller's transaction; the next request of its holder is without it. */
export async function removeGrant(tx: Tx, actor: Actor, key: GrantKey): Promise<GrantChange> {
  // Two who remove each other's grant would each see the other's: one at a time.
  if (isAdminGrant(key)) await tx.query(lockAdmins, {});
  const change = await planGrantRemoval(tx, key);
  const [deleted] = await tx.query(deleteGrant, keyOf(key));
  if (!deleted) throw new AppError('NOT_FOUND', 'This grant has just been removed.');
  await audit(tx, PLATFORM_STREAM, actor, {
    action: 'access.grant.remove',
    target: key.principal,
    status: 'SUCCESS',
    metadata: { role: key.role, team: key.team, uniqueId: change.grant.uniqueId },
  });
  return change;
}

/**
 * An installation never loses its last admin. Exact only under the admins' lock.
 * @param without the admin, or the key, that would go @throws AppError LAST_ADMIN
 */
export async function assertAdminRemains(
  db: Queryable,
  without: { readonly principal: string | null; readonly keyId: string | null },
): Promise<void> {
  const [left] = await db.query(countAdminsWithout, without);
  if ((left?.count ?? 0) > 0) return;
  throw new AppError(
    'LAST_ADMIN',
    'Nobody who can still sign in would be platform_admin of this installation.',
    {
      errors: [
        {
          field: without.keyId === null ? 'principal' : 'keyId',
          code: 'LAST_ADMIN',
          message:
            'grant platform_admin in all teams to somebody else first; a local principal also needs a key',
        },
      ],
    },
  );
}

function isAdminGrant({ role, team }: GrantKey): boolean {
  return role === 'platform_admin' && team === ALL_TEAMS;
}

function assertValidGrant({ principal, role, team, uniqueId }: NewGrant): void {
  if (team === ALL_TEAMS && role === 'requester') {
    throw new AppError('POLICY_VIOLATION', 'A requester is one of a team: name the team.', {
      errors: [
        {
          field: 'team',
          code: 'NOT_ALLOWED',
          message: 'all teams (*) are for auditors and platform_admins',
        },
      ],
    });
  }
  if (uniqueId !== null && principal.startsWith('local:')) {
    throw new AppError(
      'POLICY_VIOLATION',
      'A local principal has no AWS unique id: its keys say who it is.',
      {
        errors: [
          { field: 'uniqueId', code: 'NOT_ALLOWED', message: 'only AWS users and roles have a unique id' },
        ],
      },
    );
  }
}

/** A pin is part of what was granted: it is not changed in passing. */
function unchangedGrant(present: GrantRow, wanted: NewGrant): GrantChange {
  if (present.uniqueId === wanted.uniqueId) return { grant: present, changed: false };
  const pin = present.uniqueId === null ? 'without a unique id' : `pinned to ${present.uniqueId}`;
  throw new AppError(
    'STATE_CONFLICT',
    `${present.principal} holds this grant already, ${pin}: remove it first.`,
    {
      errors: [{ field: 'uniqueId', code: 'OTHER_PIN', message: `the grant that is there is ${pin}` }],
    },
  );
}

function keyOf({ principal, role, team }: GrantKey): GrantKey {
  return { principal, role, team };
}

function teamText(team: string): string {
  return team === ALL_TEAMS ? 'all teams' : `team ${team}`;
}
