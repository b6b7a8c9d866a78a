import * as z from 'zod';
import type { WorkerDocument } from '../../../contract/documents.ts';
import { type HandlersOf, query } from '../../kernel/api/handler.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { apiJobType } from '../../kernel/jobs/job.ts';
import { pageWorkers } from '../../kernel/jobs/workers.sql.ts';
import { Listing } from '../../kernel/listing.ts';

const PAGE = 50;
const WORKERS = new Listing('workers', z.tuple([z.string().max(300), z.string().max(60)]));
const engineSchema = z.enum(['IN_PROCESS', 'NOTIFY', 'SQS']);
const problemsSchema = z.array(
  z.object({ code: z.string(), message: z.string(), types: z.array(z.string()) }),
);

/** Which workers run jobs, and what keeps those that do not from it. */
export function workerHandlers(db: Db): HandlersOf<'listWorkers'> {
  return {
    listWorkers: query(async ({ caller, query }) => {
      const { limit = PAGE, cursor } = query;
      const [afterHost, afterId] = WORKERS.decodeCursor(cursor, caller.principal) ?? ['', ''];
      const rows = await db.query(pageWorkers, { afterHost, afterId, limit: limit + 1 });
      const page = WORKERS.page(rows, limit, caller.principal, ({ host, id }) => [host, id]);
      return { items: page.rows.map(presentWorker), nextCursor: page.nextCursor };
    }),
  };
}

function presentWorker(row: RowOf<typeof pageWorkers>): WorkerDocument {
  const problems = problemsSchema.parse(row.problems);
  return {
    id: row.id,
    host: row.host,
    pid: row.pid,
    roles: row.roles,
    status: statusOf(row, problems.length > 0),
    problems: problems.map(({ code, message, types }) => ({
      code,
      message: message.slice(0, 1_000),
      jobTypes: types.map(apiJobType),
    })),
    dispatch: engineSchema.parse(row.dispatch),
    dispatchProblem: row.dispatchProblem,
    jobs: row.jobs,
    startedAt: row.startedAt.toISOString(),
    lastSeenAt: row.heartbeatAt.toISOString(),
  };
}

function statusOf(
  { live, draining }: RowOf<typeof pageWorkers>,
  hasProblems: boolean,
): WorkerDocument['status'] {
  if (!live) return 'LOST';
  if (draining) return 'DRAINING';
  return hasProblems ? 'NOT_READY' : 'READY';
}
