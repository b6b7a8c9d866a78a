import type { Queryable } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import { claimJobs } from './claim.sql.ts';
import type { ClaimedJob } from './job.ts';

export interface Claim {
  readonly jobs: readonly ClaimedJob[];
  /** Milliseconds until another job can be claimed, if slots are left; infinity when none becomes ready by itself. */
  readonly nextInMs: number;
}

/** Claims at most `slots` jobs of these types for a live worker. */
export async function claim(
  db: Queryable,
  params: { readonly slots: number; readonly workerId: string; readonly types: string[] },
): Promise<Claim> {
  const rows = await db.query(claimJobs, params);
  return { jobs: rows.filter(hasJob), nextInMs: rows[0]?.nextInMs ?? Number.POSITIVE_INFINITY };
}

type Row = RowOf<typeof claimJobs>;

/** All columns of a claimed job come from columns that are not null. */
function hasJob(row: Row): row is Row & ClaimedJob {
  return row.id !== null;
}
