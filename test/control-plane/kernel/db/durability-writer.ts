// Opens the directory of argv[2], says which rows it has (`{"ids": [...]}`), then adds rows, four transactions at a time,
// and says each id once it is acknowledged.
import { openPglite } from '../../../../src/control-plane/kernel/db/pglite.ts';
import { CREATE_ACKNOWLEDGED, insertAcknowledged, readAcknowledged } from './acknowledged-rows.ts';

const FILLER_LENGTH = 500;

const db = await openPglite({ dataDir: process.argv[2] ?? '', maintenanceIntervalMs: 1000 });
await db.script(CREATE_ACKNOWLEDGED);
const ids = (await db.query(readAcknowledged, {})).map(({ id }) => id);
process.stdout.write(`${JSON.stringify({ ids })}\n`);

let next = Math.max(0, ...ids) + 1;
async function write(): Promise<never> {
  for (;;) {
    const id = next++;
    await db.tx((tx) => tx.query(insertAcknowledged, { id, fillerLength: FILLER_LENGTH }));
    process.stdout.write(`${id}\n`);
  }
}
await Promise.all([write(), write(), write(), write()]);
