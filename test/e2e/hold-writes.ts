import pg from 'pg';

const HOOK = 4_711;

export interface HeldWrites {
  isReached(): Promise<boolean>;
  letGo(): Promise<void>;
}

/** Blocks these writes to a table until they are let go. @param when as after `create trigger … before` */
export async function holdWrites(databaseUrl: string, table: string, when: string): Promise<HeldWrites> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(`
    create or replace function test_hook() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock_shared(${HOOK}); return new; end $$;
    create trigger test_hook before ${when} execute function test_hook()`);
  await client.query(`select pg_advisory_lock(${HOOK})`);
  return {
    async isReached() {
      const waiting = await client.query(
        `select from pg_locks where locktype = 'advisory' and objid = ${HOOK} and not granted`,
      );
      return waiting.rowCount !== 0;
    },
    async letGo() {
      await client.query(`select pg_advisory_unlock(${HOOK}); drop trigger test_hook on ${table}`);
      await client.end();
    },
  };
}
