import type { components, operations } from '../../contract/api.gen.ts';
import { abandonCluster } from '../clusters/service/abandon.ts';
import { createCluster, planCluster } from '../clusters/service/create.ts';
import { openCredential } from '../clusters/service/credentials.ts';
import { destroyCluster } from '../clusters/service/destroy.ts';
import { extendCluster } from '../clusters/service/extend.ts';
import { cancelJob, retryJob } from '../clusters/service/job-orders.ts';
import { presentProfile } from '../clusters/service/profiles.ts';
import { readQuotas } from '../clusters/service/quotas.ts';
import type { ClusterReader } from '../clusters/service/read.ts';
import { listFaultPresets, listFaults, replaceFaults } from '../clusters/service/sandbox-faults.ts';
import { listCloud } from '../clusters/service/sandbox-resources.ts';
import type { ClusterWing } from '../clusters/service/wing.ts';
import { type Caller, nameOf } from '../kernel/access/caller.ts';
import { AppError } from '../kernel/errors.ts';
import type { Budget } from '../kernel/limits/rate.ts';
import type { RequestBudget } from '../kernel/limits/request-budget.ts';
import { endSession } from '../kernel/sessions/end-session.ts';
import { accessHandlers } from './admin/access-operations.ts';
import type { Trail } from './admin/audit.ts';
import { trailAndSecretHandlers } from './admin/operations.ts';
import { sessionHandlers } from './admin/sessions.ts';
import type { Operation } from './contract.ts';
import { type Body, type Handlers, reading } from './handler.ts';
import type { JobEventReader } from './job-events.ts';

export interface OperationOptions {
  readonly wing: ClusterWing;
  readonly reader: ClusterReader;
  readonly events: JobEventReader;
  readonly trail: Trail;
  readonly version: string;
  readonly contract: readonly Operation[];
  readonly budget: RequestBudget;
}

/** One entry per operation of openapi.yaml; the compiler knows when one is missing. */
export function handlers(options: OperationOptions): Handlers {
  const { wing, reader, events, trail, version, contract, budget } = options;
  const sandbox = wing.clouds.mode === 'sandbox';
  const mayReplay = async (caller: Caller, answer: unknown) => {
    await reader.get(caller, (answer as { cluster: { id: string } }).cluster.id);
  };
  return {
    whoami: reading(async ({ caller }) => identity(caller, version, sandbox)),
    endSession: {
      kind: 'mutation',
      action: 'auth.session.end',
      // Nothing replays it: its keys are no longer accepted.
      mayReplay: async () => {},
      status: 200,
      run: (tx, { caller }) => endSession(tx, caller),
    },
    listProfiles: reading(async () => ({
      items: wing.profiles.list().map(presentProfile),
      nextCursor: null,
    })),
    getProfile: reading(async ({ path }) => {
      const profile = wing.profiles.get(path.name);
      if (!profile) throw new AppError('NOT_FOUND', `There is no profile ${path.name}.`);
      return presentProfile(profile);
    }),
    listClusters: reading(({ caller, query }) => reader.list(caller, query)),
    createCluster: {
      kind: 'mutation',
      action: 'cluster.create',
      mayReplay,
      status: 202,
      preview: ({ caller, query, body }) => (query.dryRun ? planCluster(wing, caller, body) : undefined),
      run: (tx, { caller, body }) => createCluster(wing, tx, caller, body),
    },
    getCluster: reading(({ caller, path }) => reader.get(caller, path.id)),
    destroyCluster: {
      kind: 'mutation',
      action: 'cluster.destroy',
      mayReplay,
      status: 202,
      run: (tx, { caller, path }) => destroyCluster(wing, tx, caller, path.id),
    },
    abandonCluster: {
      kind: 'mutation',
      action: 'cluster.abandon',
      mayReplay,
      status: 200,
      run: (tx, { caller, path, body }) => abandonCluster(wing, tx, caller, path.id, body.reason),
    },
    extendCluster: {
      kind: 'mutation',
      action: 'cluster.extend',
      mayReplay,
      status: 200,
      run: (tx, { caller, path, body }) => extendCluster(wing, tx, caller, path.id, extensionOf(body)),
    },
    getClusterOutputs: reading(({ caller, path }) => reader.outputs(caller, path.id)),
    openClusterCredential: {
      kind: 'opening',
      action: 'cluster.credential.open',
      run: ({ caller, path, body }) => openCredential(wing, caller, path.id, body),
    },
    listClusterResidue: reading(({ caller, path }) => reader.residue(caller, path.id)),
    listClusterTransitions: reading(({ caller, path }) => reader.transitions(caller, path.id)),
    listJobs: reading(({ caller, query }) => reader.jobs(caller, query)),
    getJob: reading(({ caller, path }) => reader.job(caller, path.id)),
    cancelJob: {
      kind: 'mutation',
      action: 'job.cancel',
      mayReplay,
      status: 202,
      run: (tx, { caller, path }) => cancelJob(wing, tx, caller, path.id),
    },
    retryJob: {
      kind: 'mutation',
      action: 'job.retry',
      mayReplay,
      status: 202,
      run: (tx, { caller, path }) => retryJob(wing, tx, caller, path.id),
    },
    listJobEvents: reading(({ caller, path, query }) => events.page(caller, path.id, query)),
    listSandboxResources: reading(({ query }) => listCloud(wing, query.infraId)),
    listSandboxFaultPresets: reading(async () => listFaultPresets(wing)),
    listSandboxFaults: reading(() => listFaults(wing)),
    setSandboxFaults: {
      kind: 'mutation',
      action: 'sandbox.faults.set',
      mayReplay: async () => void listFaultPresets(wing),
      status: 200,
      run: (tx, { caller, body }) => replaceFaults(wing, tx, caller, body),
    },
    clearSandboxFaults: {
      kind: 'mutation',
      action: 'sandbox.faults.clear',
      mayReplay: async () => void listFaultPresets(wing),
      status: 200,
      run: (tx, { caller }) => replaceFaults(wing, tx, caller, { presets: [] }),
    },
    getQuota: reading(async ({ caller, query }) => ({
      principal: {
        principal: caller.principal,
        requests: presentBudget(await budget.look(caller.principal)),
      },
      items: await readQuotas(wing, caller, query.team),
    })),
    ...accessHandlers({ db: wing.db, secrets: wing.secrets, contract }),
    ...sessionHandlers(wing.db),
    ...trailAndSecretHandlers(trail),
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
