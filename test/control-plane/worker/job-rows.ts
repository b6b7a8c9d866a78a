import type { Db } from '../../../src/control-plane/kernel/db/db.ts';
import { type RowOf, statement } from '../../../src/control-plane/kernel/db/statement.ts';
import { listEvents } from '../../../src/control-plane/kernel/jobs/events.sql.ts';

const readJob = statement({
  name: 'test.read_job',
  text: `
    select j.status, j.attempt, j.deferrals, j.error_code as "errorCode", j.error_message as "errorMessage",
           j.worker_id as "workerId", l.fence, l.head, l.tail, l.ready_at as "readyAt"
    from jobs j join job_locks l on l.resource_id = j.resource_id where j.id = $1`,
  params: { id: 'text' },
  row: {
    status: 'text',
    attempt: 'int4',
    deferrals: 'int4',
    errorCode: 'text?',
    errorMessage: 'text?',
    workerId: 'text?',
    fence: 'int8',
    head: 'int4',
    tail: 'int4',
    readyAt: 'timestamptz?',
  },
});

/** A job and its lane, as they are now. */
export async function jobOf(db: Db, id: string): Promise<RowOf<typeof readJob>> {
  const [row] = await db.query(readJob, { id });
  if (!row) throw new Error(`no job ${id}`);
  return row;
}

/** The messages of a job's events, in order. */
export async function eventsOf(db: Db, jobId: string): Promise<string[]> {
  const rows = await db.query(listEvents, { jobId, after: 0, limit: 1_000 });
  return rows.map(({ message }) => message);
}
