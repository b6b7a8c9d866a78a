import type { components } from '../../contract/api.gen.ts';
import { type HandlersOf, query } from '../kernel/api/handler.ts';
import type { Module } from '../kernel/api/module.ts';
import { ArtifactError } from '../kernel/artifacts/artifact-error.ts';
import type { ArtifactStore } from '../kernel/artifacts/artifact-store.ts';
import { type Caller, nameOf } from '../kernel/caller.ts';
import { AppError } from '../kernel/errors.ts';
import { readDebugLog } from '../kernel/jobs/debug-log-reader.ts';
import { JobCommands } from '../kernel/jobs/job-commands.ts';
import type { JobEventReader } from '../kernel/jobs/job-event-reader.ts';
import type { JobReader } from '../kernel/jobs/job-reader.ts';
import type { JobQueue } from '../kernel/jobs/queue.ts';
import type { PrincipalRateLimiter } from '../kernel/limits/principal-rate-limiter.ts';
import type { Budget } from '../kernel/limits/rate.ts';
import type { RetentionRule } from '../kernel/retention/retention-rule.ts';
import { endSession } from '../kernel/sessions/end-sessions.ts';
import { accessHandlers } from './admin/access-operations.ts';
import type { AuditLog } from './admin/audit.ts';
import { notificationHandlers } from './admin/notifications.ts';
import { auditAndSecretHandlers } from './admin/operations.ts';
import { sessionHandlers } from './admin/sessions.ts';
import { retentionHandlers, taskHandlers } from './admin/tasks.ts';
import { workerHandlers } from './admin/workers.ts';
import type { Operation } from './contract.ts';

export interface KernelOperationOptions {
  readonly modules: readonly Module[];
  readonly queue: JobQueue;
  readonly jobs: JobReader;
  readonly events: JobEventReader;
  /** Holds the debug output of jobs. */
  readonly artifacts: Pick<ArtifactStore, 'list' | 'get'>;
  readonly auditLog: AuditLog;
  readonly version: string;
  readonly mode: 'sandbox' | 'real';
  readonly contract: readonly Operation[];
  /** Private networks that targets of notifications may be in. */
  readonly notificationNetworks: readonly string[];
  readonly retention: readonly RetentionRule[];
  readonly principalLimiter: PrincipalRateLimiter;
}

/** In one page. */
const DEBUG_LINES = 1_000;

type KernelOperation =
  | 'whoami'
  | 'endSession'
  | 'listJobs'
  | 'getJob'
  | 'cancelJob'
  | 'retryJob'
  | 'listJobEvents'
  | 'readJobDebugLog'
  | 'getQuota';

/** The operations that belong to no module: identity, jobs of every module, quotas, administration. */
export function kernelOperations(options: KernelOperationOptions) {
  const { auditLog, contract } = options;
  const { db, secrets } = auditLog;
  return {
    ...identityAndJobOperations(options),
    ...accessHandlers({ db, secrets, contract }),
    ...sessionHandlers(db),
    ...workerHandlers(db),
    ...retentionHandlers(options.retention),
    ...notificationHandlers({ db, secrets, allowedNetworks: options.notificationNetworks }),
    ...taskHandlers(db),
    ...auditAndSecretHandlers(auditLog),
  };
}

function identityAndJobOperations(options: KernelOperationOptions): HandlersOf<KernelOperation> {
  const { modules, jobs, events, artifacts, principalLimiter } = options;
  const commands = new JobCommands(options.queue, modules);
  const authorizeReplay = async (caller: Caller, answer: unknown) => {
    await jobs.get(caller, (answer as { job: { id: string } }).job.id);
  };
  return {
    whoami: query(async ({ caller }) => presentIdentity(caller, options)),
    endSession: {
      kind: 'command',
      action: 'auth.session.end',
      // Nothing replays it: its keys are no longer accepted.
      authorizeReplay: async () => {},
      status: 200,
      run: (tx, { caller }) => endSession(tx, caller),
    },
    listJobs: query(({ caller, query }) => jobs.list(caller, query, resourceOf(query, modules))),
    getJob: query(({ caller, path }) => jobs.get(caller, path.id)),
    cancelJob: {
      kind: 'command',
      action: 'job.cancel',
      authorizeReplay,
      status: 202,
      run: (tx, { caller, path }) => commands.cancel(tx, caller, path.id),
    },
    retryJob: {
      kind: 'command',
      action: 'job.retry',
      authorizeReplay,
      status: 202,
      run: (tx, { caller, path }) => commands.retry(tx, caller, path.id),
    },
    listJobEvents: {
      ...query<'listJobEvents'>(({ caller, path, query }) => events.page(caller, path.id, query)),
      stream: ({ caller, path, query }, lastEventId) =>
        events.openStream(caller, path.id, query, lastEventId),
    },
    readJobDebugLog: query(async ({ caller, path, query }) => {
      await jobs.get(caller, path.id);
      const { items, position, isAtEnd } = await readDebugLog(
        artifacts,
        path.id,
        query.after ?? '',
        DEBUG_LINES,
      ).catch((cause: unknown) => {
        if (!(cause instanceof ArtifactError)) throw cause;
        throw new AppError('UNAVAILABLE', 'The debug output cannot be read at the moment.', { cause });
      });
      return { items, position, nextCursor: isAtEnd ? null : position };
    }),
    getQuota: query(async ({ caller, query }) => ({
      principal: {
        principal: caller.principal,
        requests: presentBudget(await principalLimiter.peek(caller.principal)),
      },
      items: await teamQuotas(modules, caller, query.team),
    })),
  };
}

/** `resource=ID`, or the name of a module's kind with the id of one of its resources. */
function resourceOf(query: object, modules: readonly Module[]): string | undefined {
  const given = query as Readonly<Record<string, string | undefined>>;
  return [given['resource'], ...modules.map(({ kind }) => given[kind])].find((id) => id !== undefined);
}

async function teamQuotas(
  modules: readonly Module[],
  caller: Caller,
  team: string | undefined,
): Promise<Record<string, unknown>[]> {
  const fields = new Map<string, Record<string, unknown>>();
  for (const module of modules) {
    for (const [name, quotas] of await module.quotas(caller, team)) {
      fields.set(name, { ...fields.get(name), ...quotas });
    }
  }
  return [...fields]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, quotas]) => ({ team: name, ...quotas }));
}

function presentIdentity(
  caller: Caller,
  { version, mode }: Pick<KernelOperationOptions, 'version' | 'mode'>,
): components['schemas']['Identity'] {
  return {
    principal: caller.principal,
    name: nameOf(caller.principal),
    authMode: caller.authMode,
    grants: caller.grants.map(({ role, team }) => ({ role, team })),
    server: { version, mode },
  };
}

function presentBudget({ rate, remaining, resetSeconds }: Budget): components['schemas']['RequestBudget'] {
  return {
    used: rate.burst - remaining,
    limit: rate.burst,
    perMinute: rate.perMinute,
    resetSeconds: Math.ceil(resetSeconds),
  };
}
