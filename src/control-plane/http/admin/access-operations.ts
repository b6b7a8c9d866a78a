import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import type { Role } from '../../kernel/access/caller.ts';
import { explainAccess } from '../../kernel/access/explanation.ts';
import {
  type GrantChange,
  type GrantKey,
  type GrantRow,
  grant,
  planGrant,
  planRevocation,
  revoke,
} from '../../kernel/access/grants.ts';
import {
  createKey,
  type KeyRow,
  openNewKey,
  planKey,
  planKeyRevocation,
  revokeKey,
} from '../../kernel/access/keys.ts';
import { findGrants, pageGrants } from '../../kernel/access/store/grants.ts';
import { pageAccessKeys } from '../../kernel/access/store/keys.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Db } from '../../kernel/db/db.ts';
import { Listing } from '../../kernel/listing.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { Operation } from '../contract.ts';
import { type Handlers, reading } from '../handler.ts';

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

/** Who may what: grants, the keys of local principals, and why somebody may or may not. */
export function accessHandlers({ db, secrets, contract }: AccessOptions): Pick<Handlers, AccessOperation> {
  return {
    listGrants: reading(async ({ caller, query }) => {
      const { principal = null, role = null, team = null, limit = PAGE, cursor } = query;
      const place = GRANTS.placeIn(cursor, caller.principal);
      const [afterPrincipal, afterRole, afterTeam] = place ?? ['', '', ''];
      const rows = await db.query(pageGrants, {
        ...{ afterPrincipal, afterRole, afterTeam },
        ...{ principal, role, team, limit: limit + 1 },
      });
      const page = GRANTS.page(rows, limit, caller.principal, (row) => [row.principal, row.role, row.team]);
      return { items: page.rows.map(presentGrant), nextCursor: page.nextCursor };
    }),
    addGrant: {
      kind: 'mutation',
      action: 'access.grant.add',
      status: 200,
      mayReplay: stillAdmin,
      preview: ({ caller, query, body }) =>
        query.dryRun ? planGrant(db, caller, pinned(body)).then(presentChange) : undefined,
      run: async (tx, { caller, body }) => presentChange(await grant(tx, caller, pinned(body))),
    },
    removeGrant: {
      kind: 'mutation',
      action: 'access.grant.remove',
      status: 200,
      mayReplay: stillAdmin,
      preview: ({ query }) =>
        query.dryRun ? planRevocation(db, keyOf(query)).then(presentChange) : undefined,
      run: async (tx, { caller, query }) => presentChange(await revoke(tx, caller, keyOf(query))),
    },
    testAccess: reading(async ({ query }) => {
      const { principal, operation, team, uniqueId = null } = query;
      const rows = await db.query(findGrants, { principal });
      return explainAccess({ principal, uniqueId, operation, team }, rows.map(presentGrant), contract);
    }),
    listAccessKeys: reading(async ({ caller, query }) => {
      const { principal = null, limit = PAGE, cursor } = query;
      const [afterPrincipal, afterId] = KEYS.placeIn(cursor, caller.principal) ?? ['', ''];
      const rows = await db.query(pageAccessKeys, { afterPrincipal, afterId, principal, limit: limit + 1 });
      const page = KEYS.page(rows, limit, caller.principal, (row) => [row.principal, row.id]);
      return { items: page.rows.map(presentKey), nextCursor: page.nextCursor };
    }),
    createAccessKey: {
      kind: 'mutation',
      action: 'access.key.create',
      status: 201,
      mayReplay: stillAdmin,
      preview: ({ query, body }) => (query.dryRun ? planKey(db, body.principal) : undefined),
      run: async (tx, { caller, body }) => {
        const { key } = await createKey(tx, secrets, caller, body.principal);
        return presentKey(key);
      },
      complete: async (caller, answer, replayed) => {
        const key = answer as Schemas['AccessKey'];
        if (replayed) {
          // The first answer was lost on its way; that its secret is told once more is in the trail before it is.
          await audit(db, PLATFORM_STREAM, caller, {
            action: 'access.key.reveal',
            target: key.id,
            status: 'SUCCESS',
            metadata: { principal: key.principal },
          });
        }
        return { ...key, secretAccessKey: await openNewKey(db, secrets, key.id) };
      },
    },
    revokeAccessKey: {
      kind: 'mutation',
      action: 'access.key.revoke',
      status: 200,
      mayReplay: stillAdmin,
      preview: ({ path, query }) =>
        query.dryRun ? planKeyRevocation(db, path.keyId).then(presentKeyChange) : undefined,
      run: async (tx, { caller, path }) => presentKeyChange(await revokeKey(tx, secrets, caller, path.keyId)),
    },
  };
}

/** The pipeline has judged the caller's rights anew for this very request, and they are the same for every grant and key. */
async function stillAdmin(): Promise<void> {}

function pinned(body: Schemas['NewGrant']): Parameters<typeof grant>[2] {
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

function presentKey({ id, principal, createdAt, revokedAt }: KeyRow): Schemas['AccessKey'] {
  return {
    id,
    principal,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}

function presentKeyChange({ key, changed }: { key: KeyRow; changed: boolean }): Schemas['AccessKeyChange'] {
  return { key: presentKey(key), changed };
}
