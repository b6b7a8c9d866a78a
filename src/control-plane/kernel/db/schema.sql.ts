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
  text: `select to_regclass('schema_migrations') is not null as "exists"`,
  params: {},
  row: { exists: 'bool' },
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
