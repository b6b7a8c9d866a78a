import type { components, operations } from '../../contract/api.gen.ts';
import { abandonCluster } from '../clusters/service/abandon.ts';
import type { ClusterServices } from '../clusters/service/cluster-services.ts';
import { createCluster, planCluster } from '../clusters/service/create.ts';
import { openCredential } from '../clusters/service/credentials.ts';
import { destroyCluster } from '../clusters/service/destroy.ts';
import { extendCluster } from '../clusters/service/extend.ts';
import { cancelClusterJob, retryClusterJob } from '../clusters/service/job-commands.ts';
import { presentProfile } from '../clusters/service/profiles.ts';
import { readQuotas } from '../clusters/service/quotas.ts';
import type { ClusterReader } from '../clusters/service/read.ts';
import { listFaultPresets, listFaults, replaceFaults } from '../clusters/service/sandbox-faults.ts';
import { listCloud } from '../clusters/service/sandbox-resources.ts';
import { type Caller, nameOf } from '../kernel/caller.ts';
import { AppError } from '../kernel/errors.ts';
import type { PrincipalRateLimiter } from '../kernel/limits/principal-rate-limiter.ts';
import type { Budget } from '../kernel/limits/rate.ts';
import { endSession } from '../kernel/sessions/end-sessions.ts';
import { accessHandlers } from './admin/access-operations.ts';
import type { AuditLog } from './admin/audit.ts';
import { auditAndSecretHandlers } from './admin/operations.ts';
import { sessionHandlers } from './admin/sessions.ts';
import type { Operation } from './contract.ts';
import { type Body, type Handlers, query } from './handler.ts';
import type { JobEventReader } from './job-events.ts';

export interface OperationOptions {
  readonly wing: ClusterServices;
  readonly reader: ClusterReader;
  readonly events: JobEventReader;
  readonly auditLog: AuditLog;
  readonly version: string;
  readonly contract: readonly Operation[];
  readonly principalLimiter: PrincipalRateLimiter;
}

/** One entry per operation of openapi.yaml; the compiler knows when one is missing. */
export function handlers(options: OperationOptions): Handlers {
  const { wing: clusters, reader, events, auditLog, version, contract, principalLimiter: budget } = options;
  const sandbox = clusters.clouds.mode === 'sandbox';
  const authorizeReplay = async (caller: Caller, answer: unknown) => {
    await reader.get(caller, (answer as { cluster: { id: string } }).cluster.id);
  };
  return {
    whoami: query(async ({ caller }) => identity(caller, version, sandbox)),
    endSession: {
      kind: 'mutation',
      action: 'auth.session.end',
      // Nothing replays it: its keys are no longer accepted.
      authorizeReplay: async () => {},
      status: 200,
      run: (tx, { caller }) => endSession(tx, caller),
    },
    listProfiles: query(async () => ({
      items: clusters.profiles.list().map(presentProfile),
      nextCursor: null,
    })),
    getProfile: query(async ({ path }) => {
      const profile = clusters.profiles.get(path.name);
      if (!profile) throw new AppError('NOT_FOUND', `There is no profile ${path.name}.`);
      return presentProfile(profile);
    }),
    listClusters: query(({ caller, query }) => reader.list(caller, query)),
    createCluster: {
      kind: 'mutation',
      action: 'cluster.create',
      authorizeReplay,
      status: 202,
      preview: ({ caller, query, body }) => (query.dryRun ? planCluster(clusters, caller, body) : undefined),
      run: (tx, { caller, body }) => createCluster(clusters, tx, caller, body),
    },
    getCluster: query(({ caller, path }) => reader.get(caller, path.id)),
    destroyCluster: {
      kind: 'mutation',
      action: 'cluster.destroy',
      authorizeReplay,
      status: 202,
      run: (tx, { caller, path }) => destroyCluster(clusters, tx, caller, path.id),
    },
    abandonCluster: {
      kind: 'mutation',
      action: 'cluster.abandon',
      authorizeReplay,
      status: 200,
      run: (tx, { caller, path, body }) => abandonCluster(clusters, tx, caller, path.id, body.reason),
    },
    extendCluster: {
      kind: 'mutation',
      action: 'cluster.extend',
      authorizeReplay,
      status: 200,
      run: (tx, { caller, path, body }) => extendCluster(clusters, tx, caller, path.id, extensionOf(body)),
    },
    getClusterOutputs: query(({ caller, path }) => reader.outputs(caller, path.id)),
    openClusterCredential: {
      kind: 'opening',
      action: 'cluster.credential.open',
      run: ({ caller, path, body }) => openCredential(clusters, caller, path.id, body),
    },
    listClusterResidue: query(({ caller, path }) => reader.residue(caller, path.id)),
    listClusterTransitions: query(({ caller, path }) => reader.transitions(caller, path.id)),
    listJobs: query(({ caller, query }) => reader.jobs(caller, query)),
    getJob: query(({ caller, path }) => reader.job(caller, path.id)),
    cancelJob: {
      kind: 'mutation',
      action: 'job.cancel',
      authorizeReplay,
      status: 202,
      run: (tx, { caller, path }) => cancelClusterJob(clusters, tx, caller, path.id),
    },
    retryJob: {
      kind: 'mutation',
      action: 'job.retry',
      authorizeReplay,
      status: 202,
      run: (tx, { caller, path }) => retryClusterJob(clusters, tx, caller, path.id),
    },
    listJobEvents: query(({ caller, path, query }) => events.page(caller, path.id, query)),
    listSandboxResources: query(({ query }) => listCloud(clusters, query.infraId)),
    listSandboxFaultPresets: query(async () => listFaultPresets(clusters)),
    listSandboxFaults: query(() => listFaults(clusters)),
    setSandboxFaults: {
      kind: 'mutation',
      action: 'sandbox.faults.set',
      authorizeReplay: async () => void listFaultPresets(clusters),
      status: 200,
      run: (tx, { caller, body }) => replaceFaults(clusters, tx, caller, body),
    },
    clearSandboxFaults: {
      kind: 'mutation',
      action: 'sandbox.faults.clear',
      authorizeReplay: async () => void listFaultPresets(clusters),
      status: 200,
      run: (tx, { caller }) => replaceFaults(clusters, tx, caller, { presets: [] }),
    },
    getQuota: query(async ({ caller, query }) => ({
      principal: {
        principal: caller.principal,
        requests: presentBudget(await budget.peek(caller.principal)),
      },
      items: await readQuotas(clusters, caller, query.team),
    })),
    ...accessHandlers({ db: clusters.db, secrets: clusters.secrets, contract }),
    ...sessionHandlers(clusters.db),
    ...auditAndSecretHandlers(auditLog),
  };
}

function identity(caller: Caller, version: string, sandbox: boolean): components['schemas']['Identity'] {
  return {
    principal: caller.principal,
    name: nameOf(caller.principal),
    authMode: caller.authMode,
    grants: caller.grants.map(({ role, team }) => ({ role, team })),
    server: { version, mode: sandbox ? 'sandbox' : 'real' },
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

function extensionOf(body: Body<operations['extendCluster']>): { byHours: number } | { until: Date } {
  if (body.byHours !== undefined) return { byHours: body.byHours };
  return { until: new Date(body.until ?? Number.NaN) };
}
