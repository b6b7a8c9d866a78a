import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { teamsOf } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { Listing } from '../../kernel/listing.ts';
import { dollars } from '../../kernel/usage/money.ts';
import { reportPeriod } from '../../kernel/usage/report-period.ts';
import { pageIntervalCharges } from '../../kernel/usage/usage-intervals.sql.ts';

type AppCharge = components['schemas']['ApplicationCharge'];
type ChargesQuery = NonNullable<operations['listApplicationCharges']['parameters']['query']>;

const position = z.strictObject({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  id: z.int().nonnegative(),
  startUs: z.int().nonnegative(),
});
const CHARGES = new Listing('application-charges', position);
const MICROSECONDS_PER_HOUR = 3_600_000_000;

interface ChargesPage {
  readonly from: string;
  readonly to: string;
  readonly items: AppCharge[];
  readonly nextCursor: string | null;
}

/** What each instance of the caller's teams cost in a period (A10, G17). */
export async function listAppCharges(db: Db, caller: Caller, query: ChargesQuery): Promise<ChargesPage> {
  const limit = query.limit ?? 50;
  const after = CHARGES.decodeCursor(query.cursor, caller.principal);
  const { from, to } = await reportPeriod(db, after ?? query);
  const rows = await db.query(pageIntervalCharges, {
    ...{ from, to, teams: teamsOf(caller, query.team), limit: limit + 1 },
    ...{ afterId: after?.id ?? null, afterStartUs: after?.startUs ?? null },
  });
  const period = { from: from.toISOString(), to: to.toISOString() };
  const page = CHARGES.page(rows, limit, caller.principal, ({ id, startUs }) => ({ ...period, id, startUs }));
  return { ...period, items: page.rows.map(presentCharge), nextCursor: page.nextCursor };
}

function presentCharge(row: RowOf<typeof pageIntervalCharges>): AppCharge {
  const hours = row.us / MICROSECONDS_PER_HOUR;
  return {
    instanceId: row.subjectId,
    type: row.resourceType as AppCharge['type'],
    id: row.resourceId,
    name: row.resourceName,
    environment: { id: row.parentId, name: row.parentName },
    ...{ owner: row.owner, team: row.team, cpus: row.cpus, memoryMb: row.memoryMb, priceDate: row.priceDate },
    ...{ start: row.start.toISOString(), end: row.end.toISOString(), hours },
    hourlyCost: row.hourlyMicros === 0 ? null : dollars(row.hourlyMicros),
    cost: dollars(row.hourlyMicros * hours),
  };
}
