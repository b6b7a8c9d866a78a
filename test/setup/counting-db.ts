import type { Db, Queryable, Tx } from '../../src/control-plane/kernel/db/db.ts';

/** A database that keeps the names of the statements that it is asked, in order; a transaction begins with `begin` and ends with `commit`. */
export function countingDb(db: Db): Db & { readonly asked: string[] } {
  const asked: string[] = [];
  const counted = (queryable: Queryable): Queryable['query'] =>
    function query(statement, params) {
      asked.push(statement.name);
      return queryable.query(statement, params);
    };
  return {
    asked,
    engine: db.engine,
    query: counted(db),
    reserved: { query: counted(db.reserved) },
    tx: (work) => {
      asked.push('begin');
      return db
        .tx((tx: Tx) => work({ query: counted(tx), afterCommit: (then) => tx.afterCommit(then) }))
        .finally(() => asked.push('commit'));
    },
    listen: (...args) => db.listen(...args),
    notify: (...args) => {
      asked.push('notify');
      return db.notify(...args);
    },
    script: (text) => db.script(text),
    close: () => db.close(),
  };
}
