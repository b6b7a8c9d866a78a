import { join } from 'node:path';
import {
  quoteIdentifier as id,
  type RunStatement,
  type ServerAddress,
  withServerConnection,
} from '../../../kernel/db/server-connection.ts';
import { ProgramFailedError, streamFrom, streamInto } from '../../../kernel/process/stream-program.ts';
import { DatabaseError } from '../database-error.ts';
import { initialUser } from './initialise-data.ts';
import type { PostgresPrograms } from './postgres-programs.ts';
import { DATABASE, OWNER } from './postgres-roles.ts';

/** Of one statement: the count of the rows of a large table. */
const COUNT_TIMEOUT_MS = 2 * 3_600_000;
/** For a table that something else has locked. */
const LOCK_TIMEOUT_MS = 60_000;

/** Rows of each table, by its quoted name with its schema. */
export type RowCounts = Readonly<Record<string, number>>;

interface Target {
  readonly programs: PostgresPrograms;
  /** Superuser of the server. */
  readonly admin: ServerAddress;
  readonly signal: AbortSignal;
}

/**
 * Dumps the database of a server as it is at one moment, and counts its rows at the same moment.
 * @param store consumes the dump (`pg_dump -Fc`), whose end means that it is whole
 */
export function dumpDatabase<T>(
  { programs, admin, signal }: Target,
  store: (dump: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<{ readonly stored: T; readonly rowCounts: RowCounts }> {
  const inDatabase = { ...admin, database: DATABASE };
  return withServerConnection(
    inDatabase,
    async (run) => {
      await run('begin isolation level repeatable read, read only');
      await run(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      const [exported] = await run('select pg_export_snapshot() as snapshot');
      const rowCounts = await countTables(run);
      const command = {
        ...commandOf({ programs, admin, signal }, 'pg_dump'),
        args: [
          ...['--format=custom', '--no-password', `--snapshot=${exported?.['snapshot']}`],
          ...[`--lock-wait-timeout=${LOCK_TIMEOUT_MS}`, DATABASE],
        ],
      };
      return { stored: await store(inOurErrors(streamFrom(command), admin)), rowCounts };
    },
    { timeoutMs: COUNT_TIMEOUT_MS, signal },
  );
}

/**
 * Restores a dump into the database of a server that nothing else uses yet: what an earlier attempt restored is dropped first. All or
 * nothing, and everything belongs to the owner of the database.
 * @returns the rows that are there then
 */
export async function restoreDump(target: Target, dump: AsyncIterable<Uint8Array>): Promise<RowCounts> {
  const { admin, signal } = target;
  await withServerConnection(admin, async (run) => {
    await run(`drop database if exists ${id(DATABASE)} with (force)`);
    await run(`create database ${id(DATABASE)} owner ${id(OWNER)}`);
    await run(`revoke all on database ${id(DATABASE)} from public`);
  });
  const args = [
    ...['--format=custom', '--no-password', `--dbname=${DATABASE}`],
    ...['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges', `--role=${OWNER}`],
  ];
  try {
    await streamInto({ ...commandOf(target, 'pg_restore'), args }, dump);
  } catch (error) {
    throw asDatabaseError(error, admin);
  }
  return withServerConnection({ ...admin, database: DATABASE }, countTables, {
    timeoutMs: COUNT_TIMEOUT_MS,
    signal,
  });
}

/** Tables whose rows are not those of the dump; empty: it is whole. */
export function differencesOf(expected: RowCounts, found: RowCounts): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...names]
    .filter((name) => expected[name] !== found[name])
    .map((name) => `${name} has ${rowsOf(found[name])}, the dump ${rowsOf(expected[name])}`)
    .sort();
}

const rowsOf = (count: number | undefined): string =>
  count === undefined ? 'no such table' : `${count} rows`;

/** Tables of extensions are theirs: a dump has the extension, not its tables. */
async function countTables(run: RunStatement): Promise<RowCounts> {
  const tables = await run(`
    select n.nspname as schema, c.relname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
      and not exists (select from pg_depend p where p.classid = 'pg_class'::regclass and p.objid = c.oid and p.deptype = 'e')
    order by 1, 2`);
  const counts: Record<string, number> = {};
  for (const { schema, name } of tables) {
    const table = `${id(schema ?? '')}.${id(name ?? '')}`;
    const [row] = await run(`select count(*) as rows from only ${table}`);
    counts[table] = Number(row?.['rows']);
  }
  return counts;
}

/** The password is in the environment, which only the user of the program can read. */
function commandOf({ programs, admin, signal }: Target, program: 'pg_dump' | 'pg_restore') {
  const { host, port, user, password } = admin;
  return {
    file: join(programs.directory, program),
    env: {
      ...{ PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC' },
      ...{ PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password },
      ...{ PGAPPNAME: 'ocpctl', PGSSLMODE: 'disable', PGCONNECT_TIMEOUT: '10' },
    },
    user: initialUser(),
    signal,
  };
}

async function* inOurErrors(
  dump: AsyncIterable<Uint8Array>,
  { password }: ServerAddress,
): AsyncGenerator<Uint8Array> {
  try {
    yield* dump;
  } catch (error) {
    throw asDatabaseError(error, { password });
  }
}

/** What the program says may name data; it never has the password. */
function asDatabaseError(error: unknown, { password }: Pick<ServerAddress, 'password'>): unknown {
  if (!(error instanceof ProgramFailedError)) return error;
  const reason = error.stderr.trim().split('\n').slice(-3).join('; ').replaceAll(password, '***');
  return new DatabaseError('failed', reason === '' ? error.message : `${error.message}: ${reason}`, {
    cause: error,
  });
}
