import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { notFound, readableTeams } from '../access/team-access.ts';
import type { Caller } from '../caller.ts';
import type { Queryable } from '../db/db.ts';
import { Listing } from '../listing.ts';
import { apiJobType } from './job.ts';
import { getJob, type JobRow, listJobs } from './jobs.sql.ts';

export type JobDocument = components['schemas']['Job'];
type JobQuery = NonNullable<operations['listJobs']['parameters']['query']>;

const JOBS = new Listing('jobs', z.string().max(40));
const PAGE = 50;
const MAX_ERROR_CHARACTERS = 4_000;
const MAX_REASON_CHARACTERS = 1_000;

/** Reads jobs for callers; each query filters by their teams (G14). */
export class JobReader {
  readonly #db: Queryable;
  readonly #types: readonly string[];

  /** @param types all job types of this installation: a query names them as the API does */
  constructor(db: Queryable, types: readonly string[]) {
    this.#db = db;
    this.#types = types;
  }

  async list(
    caller: Caller,
    query: JobQuery,
    resourceId: string | undefined,
  ): Promise<{ items: JobDocument[]; nextCursor: string | null }> {
    const limit = query.limit ?? PAGE;
    const named: readonly string[] | undefined = query.type;
    const rows = await this.#db.query(listJobs, {
      teams: readableTeams(caller),
      before: JOBS.decodeCursor(query.cursor, caller.principal) ?? null,
      resourceId: resourceId ?? null,
      types: named === undefined ? null : this.#types.filter((type) => named.includes(apiJobType(type))),
      statuses: query.status ?? null,
      limit: limit + 1,
    });
    const page = JOBS.page(rows, limit, caller.principal, ({ id }) => id);
    return { items: page.rows.map(presentJob), nextCursor: page.nextCursor };
  }

  get(caller: Caller, id: string): Promise<JobDocument> {
    return readJob(this.#db, id, readableTeams(caller));
  }

  /** @throws AppError NOT_FOUND when the caller may not read the job */
  async teamOf(caller: Caller, id: string): Promise<string> {
    return (await findJob(this.#db, id, readableTeams(caller))).team;
  }
}

/** @throws AppError NOT_FOUND when no job of the given teams (null: of any) has this id */
export async function readJob(db: Queryable, id: string, teams: string[] | null): Promise<JobDocument> {
  return presentJob(await findJob(db, id, teams));
}

async function findJob(db: Queryable, id: string, teams: string[] | null): Promise<JobRow> {
  const [row] = await db.query(getJob, { id, teams });
  if (!row) throw notFound('job', id);
  return row;
}

function presentJob(row: JobRow): JobDocument {
  const type = apiJobType(row.type);
  return {
    id: row.id,
    resourceKind: row.resourceKind,
    resourceId: row.resourceId,
    resourceName: row.resourceName,
    // By the convention of kernel/api/module.ts: thingId and thingName for the kind `thing`.
    ...{ [`${row.resourceKind}Id`]: row.resourceId, [`${row.resourceKind}Name`]: row.resourceName },
    type: type as JobDocument['type'],
    status: row.status as JobDocument['status'],
    phase: row.phase,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    requestedBy: row.requestedBy,
    cancelRequested: row.cancelRequested,
    waitingReason: presentWaitingReason(row),
    error: presentJobError(row.errorCode, row.errorMessage),
    workerId: row.workerId,
    createdAt: row.createdAt.toISOString(),
    runAt: row.runAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** Why no worker claims a waiting job; null when one can. */
export function presentWaitingReason(job: {
  type: string | null;
  runnable: boolean;
  hostProblem: string | null;
}): string | null {
  if (job.runnable || job.type === null) return null;
  const type = apiJobType(job.type);
  const reason =
    job.hostProblem === null
      ? `no running worker has a handler for ${type} jobs`
      : `no running worker can run ${type} jobs: ${job.hostProblem}`;
  return reason.slice(0, MAX_REASON_CHARACTERS);
}

export function presentJobError(code: string | null, message: string | null): JobDocument['error'] {
  return code === null ? null : { code, message: (message ?? '').slice(0, MAX_ERROR_CHARACTERS) };
}
