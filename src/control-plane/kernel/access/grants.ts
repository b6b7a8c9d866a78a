import { audit, PLATFORM_STREAM } from '../audit/audit.ts';
import { type Actor, ALL_TEAMS, type Role } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import { AppError } from '../errors.ts';
import { countAdminsWithout, deleteGrant, findGrant, insertGrant, lockAdmins } from './grants.sql.ts';

export type GrantRow = RowOf<typeof findGrant>;

/** Identifies a grant. */
export interface GrantKey {
  readonly principal: string;
  readonly role: Role;
  readonly team: string;
}

export interface NewGrant extends GrantKey {
  /** Pins the grant to an AWS unique id; null: it applies to any holder of the principal's name. */
  readonly uniqueId: string | null;
}

export interface GrantChange {
  readonly grant: GrantRow;
  /** False when nothing had to change. */
  readonly changed: boolean;
}

/** What adding a grant would do. @throws AppError when it is invalid, or exists with another unique id */
export async function planGrant(db: Queryable, actor: Actor, wanted: NewGrant): Promise<GrantChange> {
  assertValidGrant(wanted);
  const [present] = await db.query(findGrant, keyOf(wanted));
  if (!present) {
    return { grant: { ...wanted, grantedBy: actor.principal, createdAt: new Date() }, changed: true };
  }
  return unchangedGrant(present, wanted);
}

/** Adds a grant, with its audit event, in the caller's transaction. Adding it again changes nothing. */
export async function addGrant(tx: Tx, actor: Actor, wanted: NewGrant): Promise<GrantChange> {
  assertValidGrant(wanted);
  const { uniqueId } = wanted;
  const [added] = await tx.query(insertGrant, { ...keyOf(wanted), uniqueId, grantedBy: actor.principal });
  if (!added) {
    const [present] = await tx.query(findGrant, keyOf(wanted));
    if (!present)
      throw new AppError('STATE_CONFLICT', 'This grant is being changed by another request: try again.');
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
    throw new AppError('NOT_FOUND', `${key.principal} has no grant ${key.role} in ${teamText(key.team)}.`);
  }
  if (isAdminGrant(key)) await assertAdminRemains(db, { principal: key.principal, keyId: null });
  return { grant: present, changed: true };
}

/** Removes a grant, with its audit event, in the caller's transaction. It no longer applies from the next request on. */
export async function removeGrant(tx: Tx, actor: Actor, key: GrantKey): Promise<GrantChange> {
  // One at a time: two admins who remove each other's grant would each still see the other's.
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
 * An installation never loses its last admin. Exact only under the lock of `lockAdmins`.
 * @param without the admin, or the key, that would be removed @throws AppError LAST_ADMIN
 */
export async function assertAdminRemains(
  db: Queryable,
  without: { readonly principal: string | null; readonly keyId: string | null },
): Promise<void> {
  const [left] = await db.query(countAdminsWithout, without);
  if ((left?.count ?? 0) > 0) return;
  throw new AppError('LAST_ADMIN', 'This would leave no platform_admin who can sign in.', {
    errors: [
      {
        field: without.keyId === null ? 'principal' : 'keyId',
        code: 'LAST_ADMIN',
        message:
          'grant platform_admin in all teams to another principal first; a local principal also needs a key',
      },
    ],
  });
}

function isAdminGrant({ role, team }: GrantKey): boolean {
  return role === 'platform_admin' && team === ALL_TEAMS;
}

function assertValidGrant({ principal, role, team, uniqueId }: NewGrant): void {
  if (team === ALL_TEAMS && role === 'requester') {
    throw new AppError(
      'POLICY_VIOLATION',
      'The role requester cannot be granted in all teams: name a team.',
      {
        errors: [
          {
            field: 'team',
            code: 'NOT_ALLOWED',
            message: 'all teams (*) is for the roles auditor and platform_admin',
          },
        ],
      },
    );
  }
  if (uniqueId !== null && principal.startsWith('local:')) {
    throw new AppError('POLICY_VIOLATION', 'A local principal has no AWS unique id.', {
      errors: [
        { field: 'uniqueId', code: 'NOT_ALLOWED', message: 'only AWS users and roles have a unique id' },
      ],
    });
  }
}

/** A grant with another pin is another grant: adding it does not change the existing one. */
function unchangedGrant(present: GrantRow, wanted: NewGrant): GrantChange {
  if (present.uniqueId === wanted.uniqueId) return { grant: present, changed: false };
  const pin = present.uniqueId === null ? 'without a unique id' : `pinned to ${present.uniqueId}`;
  throw new AppError(
    'STATE_CONFLICT',
    `${present.principal} already has this grant, ${pin}: remove it first.`,
    {
      errors: [{ field: 'uniqueId', code: 'OTHER_PIN', message: `the existing grant is ${pin}` }],
    },
  );
}

function keyOf({ principal, role, team }: GrantKey): GrantKey {
  return { principal, role, team };
}

function teamText(team: string): string {
  return team === ALL_TEAMS ? 'all teams' : `team ${team}`;
}
