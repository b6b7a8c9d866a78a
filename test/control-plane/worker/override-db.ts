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

/** A database that a worker can be cut off from: after `cut`, nothing it asks is answered well, and renewals not at all. */
export function cuttable(db: Db): Db & { cut(): void } {
  let dead = false;
  const reach = <T>(work: () => Promise<T>): Promise<T> =>
    dead ? Promise.reject(new Error('cut off')) : work();
  const line = overrideDb(db, {
    query: (statement, params) =>
      statement.name === 'jobs.renew_lease' && dead
        ? new Promise(() => {})
        : reach(() => db.query(statement, params)),
    tx: (work) => reach(() => db.tx(work)),
  });
  return {
    ...line,
    cut: () => {
      dead = true;
    },
  };
}

/** A database in which one statement can be held back: `hold` resolves when none is on its way. */
export function holdable(db: Db, name: string): { readonly db: Db; hold(): Promise<void>; release(): void } {
  let gate = Promise.resolve();
  let open = () => {};
  const underway = new Set<Promise<unknown>>();
  return {
    db: overrideDb(db, {
      query: async (statement, params) => {
        if (statement.name !== name) return db.query(statement, params);
        await gate;
        const asked = db.query(statement, params);
        underway.add(asked);
        return asked.finally(() => underway.delete(asked));
      },
      tx: (work) => db.tx(work),
    }),
    async hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
      await Promise.allSettled(underway);
    },
    release: () => open(),
  };
}
