import type { Db } from '../../../src/control-plane/kernel/db/db.ts';

/** The database with something in the way of its queries or transactions; all else goes straight through. */
export function overrideDb(db: Db, overrides: Pick<Db, 'query' | 'tx'>): Db {
  return {
    engine: db.engine,
    reserved: { query: overrides.query },
    listen: (...args) => db.listen(...args),
    notify: (...args) => db.notify(...args),
    script: (text) => db.script(text),
    close: () => db.close(),
    ...overrides,
  };
}
