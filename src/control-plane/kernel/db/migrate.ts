import { createHash } from 'node:crypto';
import { SetupError } from '../errors.ts';
import { type Db, isUniqueViolation } from './db.ts';
import { codeOf } from './sqlstate.ts';
import { statement } from './statement.ts';

/** One file of `migrations/`: its number, its name without number and ending, its text. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** Of `sql`, in hex; computed when it is not given. */
  readonly sha256?: string;
}

/** Taken by whoever migrates, so that two servers that start at once do not. The number has no meaning, but is ours. */
const MIGRATION_LOCK = 7_043_318_214;

const CREATE_TABLE = `
  create table if not exists schema_migrations (
    version    int4 primary key,
    name       text not null,
    sha256     text not null,
    applied_at timestamptz not null default now()
  );`;

const selectApplied = statement({
  name: 'migrate.applied',
  text: 'select version, name, sha256 from schema_migrations order by version',
  params: {},
  row: { version: 'int4', name: 'text', sha256: 'text' },
});

const findTable = statement({
  name: 'migrate.find_table',
  text: `select to_regclass('schema_migrations') is not null as "exists"`,
  params: {},
  row: { exists: 'bool' },
});

const grantRights = statement({
  name: 'migrate.grant_rights',
  text: `select grant_application_rights($1) is not null as "granted"`,
  params: { application: 'text' },
  row: { granted: 'bool' },
});

/** Gives a role that exists what servers need, tables of later migrations included only when it is called again after them. */
export async function grantApplicationRights(db: Db, role: string): Promise<void> {
  try {
    await db.query(grantRights, { application: role });
  } catch (error) {
    if (codeOf(error) !== UNDEFINED_OBJECT) throw error;
    throw new SetupError(`there is no role ${role}`, {
      hint: `create role ${role} login password '…'`,
      cause: error,
    });
  }
}

const UNDEFINED_OBJECT = '42704';
/** SQLSTATE of a role that may not do what it was asked to. */
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Brings the schema up to the last of `migrations`: each in a transaction of its own, forward only. Several processes
 * may do it at once.
 * @returns the versions that this call applied.
 * @throws SetupError when the database is newer than the code, or was made by other files of the same numbers, or when there is
 * something to apply and the role is not the owner.
 */
export async function migrate(db: Db, migrations: readonly Migration[]): Promise<number[]> {
  assertNumbered(migrations);
  try {
    return await applyMissing(db, migrations);
  } catch (error) {
    if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new SetupError("the database's schema is older than this ocpctl, and its role may not change it", {
      hint: "run 'ocpctl server migrate' with the owner's DATABASE_URL",
      cause: error,
    });
  }
}

async function applyMissing(db: Db, migrations: readonly Migration[]): Promise<number[]> {
  const [table] = await db.query(findTable, {});
  if (!table?.exists) await db.script(`${exclusively()} ${CREATE_TABLE}`);
  const applied: number[] = [];
  for (const migration of migrations) {
    const known = await readApplied(db, migrations);
    if (!known.has(migration.version) && (await apply(db, migration))) applied.push(migration.version);
  }
  await readApplied(db, migrations);
  return applied;
}

/** @returns whether this call applied it; false when another process was first. */
async function apply(db: Db, migration: Migration): Promise<boolean> {
  const { version, name } = migration;
  try {
    // The row comes first: its key makes the one that waited for the lock stop before it runs the file a second time.
    await db.script(
      `${exclusively()}
       insert into schema_migrations (version, name, sha256) values (${version}, '${name}', '${sha256Of(migration)}');
       ${migration.sql}`,
    );
    return true;
  } catch (error) {
    if (isUniqueViolation(error, 'schema_migrations_pkey')) return false;
    throw error;
  }
}

/** Waits for its turn as long as it takes, and lets a migration run as long as it needs. */
function exclusively(): string {
  return `set local statement_timeout = 0; set local lock_timeout = 0; select pg_advisory_xact_lock(${MIGRATION_LOCK});`;
}

async function readApplied(db: Db, migrations: readonly Migration[]): Promise<Set<number>> {
  const applied = await db.query(selectApplied, {});
  for (const { version, name, sha256 } of applied) {
    const migration = migrations[version - 1];
    if (migration === undefined) {
      throw new SetupError(
        `the database is newer than this ocpctl: it has migration ${version} (${name}), this version ends at ${migrations.length}`,
        { hint: 'start the ocpctl version that made it, or a newer one; migrations only go forward' },
      );
    }
    if (sha256Of(migration) !== sha256) {
      throw new SetupError(
        `migration ${version} (${name}) of the database is not the one that this ocpctl has: its checksum differs`,
        {
          hint: 'start the ocpctl version that made the database; a released migration must never be edited',
        },
      );
    }
  }
  return new Set(applied.map(({ version }) => version));
}

function sha256Of(migration: Migration): string {
  return migration.sha256 ?? createHash('sha256').update(migration.sql).digest('hex');
}

function assertNumbered(migrations: readonly Migration[]): void {
  migrations.forEach(({ version, name, sha256 }, index) => {
    if (version !== index + 1) throw new TypeError(`migration ${index + 1} is missing or out of order`);
    if (!/^[a-z0-9_]+$/.test(name))
      throw new TypeError(`migration ${version}: "${name}" is not a plain name`);
    if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(sha256)) {
      throw new TypeError(`migration ${version}: its sha256 is not 64 hex digits`);
    }
  });
}
