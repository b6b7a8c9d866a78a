import { statement } from './statement.ts';

export const CREATE_MIGRATIONS_TABLE = `
  create table if not exists schema_migrations (
    version    int4 primary key,
    name       text not null,
    sha256     text not null,
    applied_at timestamptz not null default now()
  );`;

export const selectMigrations = statement({
  name: 'migrate.applied',
  text: 'select version, name, sha256 from schema_migrations order by version',
  params: {},
  row: { version: 'int4', name: 'text', sha256: 'text' },
});

export const findMigrationsTable = statement({
  name: 'migrate.find_table',
  text: `
    select to_regclass('schema_migrations') is not null as "exists", (
      select min(c.relname::text) from pg_class c
      where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    ) as "someTable"`,
  params: {},
  row: { exists: 'bool', someTable: 'text?' },
});

/** The owner of the schema, and the roles that were granted the rights of servers. */
export const listDatabaseRoles = statement({
  name: 'migrate.roles',
  text: `
    select distinct r.rolname::text as "role", r.oid = c.relowner as "isOwner"
    from pg_class c
    left join lateral aclexplode(c.relacl) granted on true
    join pg_roles r on r.oid in (c.relowner, granted.grantee)
    where c.oid = 'schema_migrations'::regclass`,
  params: {},
  row: { role: 'text', isOwner: 'bool' },
});

/** A table that this role may not read: a server needs all of them. */
export const findUnreadableTable = statement({
  name: 'migrate.unreadable_table',
  text: `
    select c.relname::text as "name" from pg_class c
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and not has_table_privilege(c.oid, 'select')
    order by 1 limit 1`,
  params: {},
  row: { name: 'text' },
});

export const grantRights = statement({
  name: 'migrate.grant_rights',
  text: `select grant_application_rights($1) is not null as "granted"`,
  params: { application: 'text' },
  row: { granted: 'bool' },
});

export const listTables = statement({
  name: 'pglite.list_tables',
  text: `select oid::regclass::text as name from pg_class
         where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  params: {},
  row: { name: 'text' },
});
