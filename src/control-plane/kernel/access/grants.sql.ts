import { statement } from '../db/statement.ts';

const GRANT_COLUMNS = `principal, role, team, unique_id as "uniqueId", granted_by as "grantedBy", created_at as "createdAt"`;
const GRANT_ROW = {
  principal: 'text',
  role: 'text',
  team: 'text',
  uniqueId: 'text?',
  grantedBy: 'text',
  createdAt: 'timestamptz',
} as const;

/** No row: the grant exists already. */
export const insertGrant = statement({
  name: 'access.insert_grant',
  text: `
    insert into rbac_mappings (principal, role, team, unique_id, granted_by) values ($1, $2, $3, $4, $5)
    on conflict do nothing
    returning ${GRANT_COLUMNS}`,
  params: { principal: 'text', role: 'text', team: 'text', uniqueId: 'text?', grantedBy: 'text' },
  row: GRANT_ROW,
});

export const findGrant = statement({
  name: 'access.find_grant',
  text: `select ${GRANT_COLUMNS} from rbac_mappings where principal = $1 and role = $2 and team = $3`,
  params: { principal: 'text', role: 'text', team: 'text' },
  row: GRANT_ROW,
});

/** All grants of a principal, including pinned ones. */
export const findGrants = statement({
  name: 'access.find_grants',
  text: `select ${GRANT_COLUMNS} from rbac_mappings where principal = $1 order by role, team`,
  params: { principal: 'text' },
  row: GRANT_ROW,
});

export const deleteGrant = statement({
  name: 'access.delete_grant',
  text: `delete from rbac_mappings where principal = $1 and role = $2 and team = $3 returning principal`,
  params: { principal: 'text', role: 'text', team: 'text' },
  row: { principal: 'text' },
});

/** Ordered by key, starting after the given key. */
export const pageGrants = statement({
  name: 'access.page_grants',
  text: `
    select ${GRANT_COLUMNS}
    from rbac_mappings
    where (principal, role, team) > ($1, $2, $3)
      and ($4::text is null or principal = $4)
      and ($5::text is null or role = $5)
      and ($6::text is null or team = $6)
    order by principal, role, team
    limit $7`,
  params: {
    afterPrincipal: 'text',
    afterRole: 'text',
    afterTeam: 'text',
    principal: 'text?',
    role: 'text?',
    team: 'text?',
    limit: 'int4',
  },
  row: GRANT_ROW,
});

/** Serialises changes that could remove the last admin, until the transaction ends. */
export const lockAdmins = statement({
  name: 'access.lock_admins',
  text: `select pg_advisory_xact_lock(hashtextextended('access-admins', 0))::text as "locked"`,
  params: {},
  row: { locked: 'text' },
});

/**
 * Admins who could still sign in without one principal's admin grant ($1) or one key ($2): a local admin needs a key.
 * Exact only under the lock of `lockAdmins`.
 */
export const countAdminsWithout = statement({
  name: 'access.count_admins_without',
  text: `
    select count(distinct m.principal)::int4 as "count"
    from rbac_mappings m
    where m.role = 'platform_admin' and m.team = '*' and m.principal is distinct from $1
      and (m.principal not like 'local:%' or exists (
        select from access_keys k where k.principal = m.principal and k.revoked_at is null and k.id is distinct from $2))`,
  params: { principal: 'text?', keyId: 'text?' },
  row: { count: 'int4' },
});

/** The teams that grants name. There are as many as an organization has: a few hundred. */
export const listGrantedTeams = statement({
  name: 'access.list_granted_teams',
  text: `select distinct team from rbac_mappings where team <> '*' order by team`,
  params: {},
  row: { team: 'text' },
});

/** All grants of a principal. Pinned ones apply only to their unique id: filter with `grantsFor`. */
export const listGrantsOf = statement({
  name: 'access.list_grants',
  text: `select role, team, unique_id as "uniqueId" from rbac_mappings where principal = $1 order by role, team`,
  params: { principal: 'text' },
  row: { role: 'text', team: 'text', uniqueId: 'text?' },
});

/** Makes a principal admin of all teams, without a pin. No row: it is one already. */
export const ensureAdmin = statement({
  name: 'access.ensure_admin',
  text: `
    insert into rbac_mappings as m (principal, role, team, granted_by) values ($1, 'platform_admin', '*', $2)
    on conflict (principal, role, team) do update set unique_id = null where m.unique_id is not null
    returning principal`,
  params: { principal: 'text', grantedBy: 'text' },
  row: { principal: 'text' },
});
