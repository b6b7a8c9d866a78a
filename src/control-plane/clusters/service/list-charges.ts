import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { teamsOf } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { Listing } from '../../kernel/listing.ts';
import { dollars } from '../../kernel/usage/money.ts';
import { reportPeriod } from '../../kernel/usage/report-period.ts';
import { pageCharges } from '../store/charges.sql.ts';

type Schemas = components['schemas'];
type ChargesQuery = NonNullable<operations['listCharges']['parameters']['query']>;

const position = z.strictObject({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  cluster: z.string().max(40),
  startUs: z.int().nonnegative(),
});
const CHARGES = new Listing('charges', position);
const MICROSECONDS_PER_HOUR = 3_600_000_000;

interface ChargesPage {
  readonly from: string;
  readonly to: string;
  readonly items: Schemas['Charge'][];
  readonly nextCursor: string | null;
}

/** What each cluster of the caller's teams cost in a period (G14, G17). */
export async function listCharges(db: Db, caller: Caller, query: ChargesQuery): Promise<ChargesPage> {
  const limit = query.limit ?? 50;
  const after = CHARGES.decodeCursor(query.cursor, caller.principal);
  const { from, to } = await reportPeriod(db, after ?? query);
  const rows = await db.query(pageCharges, {
    from,
    to,
    teams: teamsOf(caller, query.team),
    afterCluster: after?.cluster ?? null,
    afterStartUs: after?.startUs ?? null,
    limit: limit + 1,
  });
  const period = { from: from.toISOString(), to: to.toISOString() };
  const page = CHARGES.page(rows, limit, caller.principal, ({ clusterId, startUs }) => ({
    ...period,
    cluster: clusterId,
    startUs,
  }));
  return { ...period, items: page.rows.map(presentCharge), nextCursor: page.nextCursor };
}

function presentCharge(row: RowOf<typeof pageCharges>): Schemas['Charge'] {
  const { us, startUs: _startUs, hourlyMicros, cloud, platform, tags, start, end, ...shown } = row;
  const hours = us / MICROSECONDS_PER_HOUR;
  return {
    ...shown,
    platform: platform as Schemas['Platform'],
    mode: cloud === 'sandbox' ? 'sandbox' : 'real',
    tags: tags as Record<string, string>,
    start: start.toISOString(),
    end: end.toISOString(),
    hours,
    hourlyCost: dollars(hourlyMicros),
    cost: dollars(hourlyMicros * hours),
  };
}
