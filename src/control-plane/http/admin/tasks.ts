import type { TaskDocument } from '../../../contract/documents.ts';
import { authorizedByRole, type HandlersOf, query } from '../../kernel/api/handler.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Db, Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RetentionRule } from '../../kernel/retention/retention-rule.ts';
import { listTasks, requestTask, type TaskRow } from '../../kernel/tasks/periodic-task.sql.ts';

const OUTCOMES = ['SUCCEEDED', 'FAILED', 'INTERRUPTED'] as const;
const MAX_ERROR = 2_000;

/** Periodic tasks: how they run, and the request of a run. */
export function taskHandlers(db: Db): HandlersOf<'listTasks' | 'getTask' | 'runTask'> {
  return {
    listTasks: query(async () => ({
      items: (await db.query(listTasks, { name: null })).map(presentTask),
      nextCursor: null,
    })),
    getTask: query(({ path }) => readTask(db, path.name)),
    runTask: {
      kind: 'command',
      action: 'task.run',
      status: 202,
      authorizeReplay: authorizedByRole,
      preview: ({ path, query }) => (query.dryRun ? readTask(db, path.name) : undefined),
      run: (tx, { caller, path }) => requestRun(tx, caller, path.name),
    },
  };
}

/** What is removed by age, and how much would be removed now. */
export function retentionHandlers(rules: readonly RetentionRule[]): HandlersOf<'listRetention'> {
  const present = async (rule: RetentionRule) => ({
    ...{ name: rule.name, meaning: rule.meaning, days: rule.days },
    due: await rule.countDue(),
  });
  return { listRetention: query(async () => ({ items: await Promise.all(rules.map(present)) })) };
}

async function requestRun(tx: Tx, caller: Caller, name: string): Promise<TaskDocument> {
  const [requested] = await tx.query(requestTask, { name, by: caller.principal });
  if (!requested) throw unknownTask(name);
  await audit(tx, PLATFORM_STREAM, caller, { action: 'task.run', target: name, status: 'SUCCESS' });
  return readTask(tx, name);
}

async function readTask(db: Queryable, name: string): Promise<TaskDocument> {
  const [row] = await db.query(listTasks, { name });
  if (!row) throw unknownTask(name);
  return presentTask(row);
}

const unknownTask = (name: string) => new AppError('NOT_FOUND', `Periodic task "${name}" not found.`);

function presentTask({ intervalMs, fence, running, lost, ...row }: TaskRow): TaskDocument {
  return {
    name: row.name,
    intervalSeconds: intervalMs / 1_000,
    status: statusOf({ running, lost, requestedAt: row.requestedAt }),
    run: fence,
    runner: row.runner,
    requestedAt: row.requestedAt?.toISOString() ?? null,
    requestedBy: row.requestedBy,
    nextRunAt: row.nextRunAt.toISOString(),
    lagSeconds: row.lagSeconds,
    lastStartedAt: row.lastStartedAt?.toISOString() ?? null,
    lastEndedAt: row.lastEndedAt?.toISOString() ?? null,
    lastDurationMs: row.lastDurationMs === null ? null : Math.round(row.lastDurationMs),
    lastOutcome: OUTCOMES.find((outcome) => outcome === row.lastOutcome) ?? null,
    lastResult: row.lastResult as Record<string, unknown> | null,
    lastError: row.lastError?.slice(0, MAX_ERROR) ?? null,
    failures: row.failures,
  };
}

function statusOf({
  running,
  lost,
  requestedAt,
}: Pick<TaskRow, 'running' | 'lost' | 'requestedAt'>): TaskDocument['status'] {
  if (running) return 'RUNNING';
  if (lost === true) return 'LOST';
  return requestedAt === null ? 'SCHEDULED' : 'REQUESTED';
}
