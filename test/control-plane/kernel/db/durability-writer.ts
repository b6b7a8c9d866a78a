// Opens the directory of argv[2], says which rows it has (`{"ids": [...]}`), then adds rows, four transactions at a time,
// and says each id once it is acknowledged.
import { openPglite } from '../../../../src/control-plane/kernel/db/pglite.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';

const insertRow = statement({
  name: 'test.insert_row',
  text: "insert into acknowledged (id, filler) values ($1, repeat('x', 500))",
  params: { id: 'int4' },
  row: {},
});
const readIds = statement({
  name: 'test.read_ids',
  text: 'select id from acknowledged order by id',
  params: {},
  row: { id: 'int4' },
});

const db = await openPglite({ dataDir: process.argv[2] ?? '', maintenanceIntervalMs: 1000 });
await db.script('create table if not exists acknowledged (id int4 primary key, filler text)');
const ids = (await db.query(readIds, {})).map(({ id }) => id);
process.stdout.write(`${JSON.stringify({ ids })}\n`);

let next = Math.max(0, ...ids) + 1;
async function write(): Promise<never> {
  for (;;) {
    const id = next++;
    await db.tx((tx) => tx.query(insertRow, { id }));
    process.stdout.write(`${id}\n`);
  }
}
await Promise.all([write(), write(), write(), write()]);
