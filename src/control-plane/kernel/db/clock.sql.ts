import type { Queryable } from './db.ts';
import { statement } from './statement.ts';

const databaseTime = statement({
  name: 'db.time',
  text: `select clock_now() as "now"`,
  params: {},
  row: { now: 'timestamptz' },
});

/** The database's time, which decides every expiry and lease. It also tells that the database is there and migrated. */
export async function readDatabaseTime(db: Queryable): Promise<Date> {
  const [row] = await db.query(databaseTime, {});
  if (!row) throw new TypeError('a select without a table returns one row');
  return row.now;
}
