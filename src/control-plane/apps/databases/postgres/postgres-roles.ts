import {
  quoteIdentifier as id,
  quoteLiteral as literal,
  type RunStatement,
  type ServerAddress,
  withServerConnection,
} from '../../../kernel/db/server-connection.ts';

/** Owns the database and all that is in it, and cannot log in: logins come and go (P25). */
export const OWNER = 'app_owner';
export const DATABASE = 'app';

export interface DatabaseLogin {
  readonly login: string;
  readonly password: string;
}

/** The login role of a slot. */
export const loginOf = (slot: 'a' | 'b'): string => `app_${slot}`;

/**
 * Makes the database, its owner and its logins as they should be, whatever an earlier attempt made of it.
 * @param admin superuser, connected to the database `postgres`
 * @param connectionLimit of each login (P19)
 */
export function ensureRoles(
  admin: ServerAddress,
  logins: readonly DatabaseLogin[],
  connectionLimit: number,
): Promise<void> {
  return withServerConnection(admin, async (run) => {
    // A statement that fails would be logged with the password in it.
    for (const setting of [
      'log_min_error_statement = panic',
      'log_statement = none',
      'log_min_duration_statement = -1',
    ])
      await run(`set ${setting}`);
    await ensureRole(run, OWNER, 'nologin');
    for (const { login, password } of logins) {
      await ensureRole(run, login, `login connection limit ${connectionLimit} password ${literal(password)}`);
      await run(`grant ${id(OWNER)} to ${id(login)}`);
      await run(`alter role ${id(login)} set role ${literal(OWNER)}`);
    }
    const [found] = await run(`select from pg_database where datname = ${literal(DATABASE)}`);
    if (found === undefined) await run(`create database ${id(DATABASE)} owner ${id(OWNER)}`);
    await run(`revoke all on database ${id(DATABASE)}, postgres, template1 from public`);
  });
}

async function ensureRole(run: RunStatement, name: string, options: string): Promise<void> {
  const [found] = await run(`select from pg_roles where rolname = ${literal(name)}`);
  await run(`${found === undefined ? 'create' : 'alter'} role ${id(name)} ${options}`);
}

/** Sessions of these logins now. */
export function countLoginSessions(admin: ServerAddress, logins: readonly string[]): Promise<number> {
  return withServerConnection(admin, async (run) => {
    const names = logins.map(literal).join(', ');
    const [row] = await run(`select count(*) as sessions from pg_stat_activity where usename in (${names})`);
    return Number(row?.['sessions'] ?? 0);
  });
}

/** Ends a login with its sessions; what it owned, after `set role none`, is the owner's. One that is gone is a success. */
export function endLogin(admin: ServerAddress, login: string): Promise<void> {
  return withServerConnection({ ...admin, database: DATABASE }, async (run) => {
    const [found] = await run(`select from pg_roles where rolname = ${literal(login)}`);
    if (found === undefined) return;
    await run(`alter role ${id(login)} nologin`);
    await run(`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${literal(login)}`);
    await run(`reassign owned by ${id(login)} to ${id(OWNER)}`);
    await run(`drop owned by ${id(login)}`);
    await run(`drop role ${id(login)}`);
  });
}
