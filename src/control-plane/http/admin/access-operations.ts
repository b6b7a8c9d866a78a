import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import { reviewAccess } from '../../kernel/access/access-review.ts';
import { findGrants, pageGrants } from '../../kernel/access/grants.sql.ts';
import {
  addGrant,
  type GrantChange,
  type GrantKey,
  type GrantRow,
  planGrant,
  planGrantRemoval,
  removeGrant,
} from '../../kernel/access/grants.ts';
import { pageAccessKeys } from '../../kernel/access/keys.sql.ts';
import {
  type AccessKeyRow,
  createKey,
  planKey,
  planKeyRevocation,
  readNewKeySecret,
  revokeKey,
} from '../../kernel/access/keys.ts';
import { authorizedByRole, type HandlersOf, query } from '../../kernel/api/handler.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Role } from '../../kernel/caller.ts';
import type { Db } from '../../kernel/db/db.ts';
import { Listing } from '../../kernel/listing.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { Operation } from '../contract.ts';

type Schemas = components['schemas'];

type AccessOperation =
  | 'listGrants'
  | 'addGrant'
  | 'removeGrant'
  | 'testAccess'
  | 'listAccessKeys'
  | 'createAccessKey'
  | 'revokeAccessKey';

export interface AccessOptions {
  readonly db: Db;
  readonly secrets: SecretStore;
  readonly contract: readonly Operation[];
}

const PAGE = 50;

const nameSchema = z.string().max(300);
const GRANTS = new Listing('grants', z.tuple([nameSchema, nameSchema, nameSchema]));
const KEYS = new Listing('keys', z.tuple([nameSchema, nameSchema]));

/** Grants, keys of local principals, and access reviews: whether a principal may call an operation, and why. */
export function accessHandlers({ db, secrets, contract }: AccessOptions): HandlersOf<AccessOperation> {
  return {
    listGrants: query(async ({ caller, query }) => {
      const { principal = null, role = null, team = null, limit = PAGE, cursor } = query;
      const position = GRANTS.decodeCursor(cursor, caller.principal);
      const [afterPrincipal, afterRole, afterTeam] = position ?? ['', '', ''];
      const rows = await db.query(pageGrants, {
        ...{ afterPrincipal, afterRole, afterTeam },
        ...{ principal, role, team, limit: limit + 1 },
      });
      const page = GRANTS.page(rows, limit, caller.principal, (row) => [row.principal, row.role, row.team]);
      return { items: page.rows.map(presentGrant), nextCursor: page.nextCursor };
    }),
    addGrant: {
      kind: 'command',
      action: 'access.grant.add',
      status: 200,
      authorizeReplay: authorizedByRole,
      preview: ({ caller, query, body }) =>
        query.dryRun ? planGrant(db, caller, pinned(body)).then(presentChange) : undefined,
      run: async (tx, { caller, body }) => presentChange(await addGrant(tx, caller, pinned(body))),
    },
    removeGrant: {
      kind: 'command',
      action: 'access.grant.remove',
      status: 200,
      authorizeReplay: authorizedByRole,
      preview: ({ query }) =>
        query.dryRun ? planGrantRemoval(db, keyOf(query)).then(presentChange) : undefined,
      run: async (tx, { caller, query }) => presentChange(await removeGrant(tx, caller, keyOf(query))),
    },
    testAccess: query(async ({ query }) => {
      const { principal, operation, team, uniqueId = null } = query;
      const rows = await db.query(findGrants, { principal });
      return reviewAccess({ principal, uniqueId, operation, team }, rows.map(presentGrant), contract);
    }),
    listAccessKeys: query(async ({ caller, query }) => {
      const { principal = null, limit = PAGE, cursor } = query;
      const [afterPrincipal, afterId] = KEYS.decodeCursor(cursor, caller.principal) ?? ['', ''];
      const rows = await db.query(pageAccessKeys, { afterPrincipal, afterId, principal, limit: limit + 1 });
      const page = KEYS.page(rows, limit, caller.principal, (row) => [row.principal, row.id]);
      return { items: page.rows.map(presentKey), nextCursor: page.nextCursor };
    }),
    createAccessKey: {
      kind: 'command',
      action: 'access.key.create',
      status: 201,
      authorizeReplay: authorizedByRole,
      preview: ({ query, body }) => (query.dryRun ? planKey(db, body.principal) : undefined),
      run: async (tx, { caller, body }) => {
        const { key } = await createKey(tx, secrets, caller, body.principal);
        return presentKey(key);
      },
      complete: async (caller, answer, replayed) => {
        const key = answer as Schemas['AccessKey'];
        if (replayed) {
          // The first response was lost. That its secret is sent once more is audited before it is sent.
          await audit(db, PLATFORM_STREAM, caller, {
            action: 'access.key.reveal',
            target: key.id,
            status: 'SUCCESS',
            metadata: { principal: key.principal },
          });
        }
        return { ...key, secretAccessKey: await readNewKeySecret(db, secrets, key.id) };
      },
    },
    revokeAccessKey: {
      kind: 'command',
      action: 'access.key.revoke',
      status: 200,
      authorizeReplay: authorizedByRole,
      preview: ({ path, query }) =>
        query.dryRun ? planKeyRevocation(db, path.keyId).then(presentKeyChange) : undefined,
      run: async (tx, { caller, path }) => presentKeyChange(await revokeKey(tx, secrets, caller, path.keyId)),
    },
  };
}

function pinned(body: Schemas['NewGrant']): Parameters<typeof addGrant>[2] {
  return { ...keyOf(body), uniqueId: body.uniqueId ?? null };
}

function keyOf({ principal, role, team }: { principal: string; role: Role; team: string }): GrantKey {
  return { principal, role, team };
}

function presentGrant(row: GrantRow): Schemas['Grant'] {
  const { principal, role, team, uniqueId, grantedBy, createdAt } = row;
  return { principal, role: role as Role, team, uniqueId, grantedBy, createdAt: createdAt.toISOString() };
}

function presentChange({ grant: row, changed }: GrantChange): Schemas['GrantChange'] {
  return { grant: presentGrant(row), changed };
}

function presentKey({ id, principal, createdAt, revokedAt }: AccessKeyRow): Schemas['AccessKey'] {
  return {
    id,
    principal,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}

function presentKeyChange({
  key,
  changed,
}: {
  key: AccessKeyRow;
  changed: boolean;
}): Schemas['AccessKeyChange'] {
  return { key: presentKey(key), changed };
}
