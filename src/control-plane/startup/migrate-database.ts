import { databaseSetupError } from '../kernel/db/database-setup-error.ts';
import { grantApplicationRights, migrate } from '../kernel/db/migrate.ts';
import { openPostgres } from '../kernel/db/postgres.ts';
import { SetupError } from '../kernel/errors.ts';
import { MIGRATIONS } from '../migrations/migrations.gen.ts';

export interface MigrateOptions {
  /** As the owner of the schema. */
  readonly databaseUrl: string | undefined;
  /** A role that servers use, which gets what they need: it can append to the audit log and never change it. */
  readonly applicationRole: string | undefined;
}

/**
 * Brings a PostgreSQL up to this version without starting a server, so that servers may run under a role that owns nothing.
 * @returns the versions that were applied. @throws SetupError when there is no PostgreSQL, or it is newer
 */
export async function migrateDatabase({ databaseUrl, applicationRole }: MigrateOptions): Promise<number[]> {
  if (databaseUrl === undefined || databaseUrl === '') {
    throw new SetupError('no database to migrate', {
      hint: 'set DATABASE_URL to the PostgreSQL database, as its owner; the embedded database migrates when its server starts',
    });
  }
  const db = await openPostgres({ url: databaseUrl, poolSize: 2, applicationName: 'ocpctl-migrate' });
  try {
    const applied = await migrate(db, MIGRATIONS);
    await grantApplicationRights(db, applicationRole);
    return applied;
  } catch (error) {
    throw databaseSetupError(error);
  } finally {
    await db.close();
  }
}
