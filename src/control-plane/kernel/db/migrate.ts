import { createHash } from 'node:crypto';
import { SetupError } from '../errors.ts';
import { type Db, isUniqueViolation } from './db.ts';
import {
  CREATE_MIGRATIONS_TABLE,
  findMigrationsTable,
  findUnreadableTable,
  grantRights,
  listDatabaseRoles,
  selectMigrations,
} from './schema.sql.ts';
import { codeOf } from './sqlstate.ts';

/** One file of `migrations/`: its number, its name without number and extension, its text. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of `sql` in hex; computed if absent. */
  readonly sha256?: string;
}

/** Advisory lock, so that servers that start at once migrate one after the other. The number is arbitrary. */
const MIGRATION_LOCK = 7_043_318_214;

/**
 * Grants the rights that servers need, also for the tables of new migrations: to a role, and to those that were granted them before.
 * @throws SetupError when the role does not exist, or owns the schema: it would lose rights that an owner needs
 */
export async function grantApplicationRights(db: Db, role: string | undefined): Promise<void> {
  const roles = await db.query(listDatabaseRoles, {});
  if (roles.some(({ role: name, isOwner }) => isOwner && name === role)) {
    throw new SetupError(`role ${role} owns the schema, so it needs no rights of a server`, {
      hint: 'name another role for the servers, or let them connect as the owner',
    });
  }
  const before = roles.filter(({ isOwner }) => !isOwner).map(({ role: name }) => name);
  for (const name of new Set([...before, ...(role === undefined ? [] : [role])])) await grantTo(db, name);
}

async function grantTo(db: Db, role: string): Promise<void> {
  try {
    await db.query(grantRights, { application: role });
  } catch (error) {
    if (codeOf(error) !== UNDEFINED_OBJECT) throw error;
    throw new SetupError(`role ${role} does not exist`, {
      hint: `create role ${role} login password '…'`,
      cause: error,
    });
  }
}

const UNDEFINED_OBJECT = '42704';
/** SQLSTATE for missing rights of the role. */
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Applies all missing migrations, each in its own transaction, forward only. Several processes may call it at once.
 * @returns the versions that this call applied
 * @throws SetupError when the database is newer than the code or of another program, when an applied migration differs from the file,
 * or when the role may not change the schema or not read all of it
 */
export async function migrate(db: Db, migrations: readonly Migration[]): Promise<number[]> {
  assertNumbered(migrations);
  const [table] = await db.query(findMigrationsTable, {});
  if (table?.someTable && !table.exists) {
    throw new SetupError(
      `the database has tables of another program (${table.someTable}), and none of ocpctl`,
      { hint: 'use a database of its own for ocpctl' },
    );
  }
  if (!table?.exists) await orTooOld(db.script(`${exclusively()} ${CREATE_MIGRATIONS_TABLE}`));
  const applied: number[] = [];
  for (const migration of migrations) {
    const known = await readApplied(db, migrations);
    if (!known.has(migration.version) && (await orTooOld(apply(db, migration))))
      applied.push(migration.version);
  }
  await readApplied(db, migrations);
  const [unreadable] = await db.query(findUnreadableTable, {});
  if (unreadable) {
    throw new SetupError(`the database role lacks privileges: it may not read table ${unreadable.name}`, {
      hint: "run 'ocpctl server migrate --app-role ROLE' with the DATABASE_URL of the owner",
    });
  }
  return applied;
}

/** @throws SetupError when the role may not change the schema */
async function orTooOld<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new SetupError(
      'the database schema is older than this ocpctl, and the database role may not change it',
      {
        hint: "run 'ocpctl server migrate' with the DATABASE_URL of the owner",
        cause: error,
      },
    );
  }
}

/** @returns whether this call applied it; false when another process was first. */
async function apply(db: Db, migration: Migration): Promise<boolean> {
  const { version, name } = migration;
  try {
    // The row comes first: its primary key stops a process that waited for the lock before it applies the file again.
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

/** Waits for the lock and runs the migration without time limits. */
function exclusively(): string {
  return `set local statement_timeout = 0; set local lock_timeout = 0; select pg_advisory_xact_lock(${MIGRATION_LOCK});`;
}

async function readApplied(db: Db, migrations: readonly Migration[]): Promise<Set<number>> {
  const applied = await db.query(selectMigrations, {});
  for (const { version, name, sha256 } of applied) {
    const migration = migrations[version - 1];
    if (migration === undefined) {
      throw new SetupError(
        `the database is newer than this ocpctl: it has migration ${version} (${name}), this version ends at ${migrations.length}`,
        { hint: 'use the ocpctl version that migrated it, or a newer one; migrations cannot be undone' },
      );
    }
    if (sha256Of(migration) !== sha256) {
      throw new SetupError(
        `migration ${version} (${name}) of the database differs from the one of this ocpctl: its checksum differs`,
        {
          hint: 'use the ocpctl version that created the database; a released migration must never be edited',
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
