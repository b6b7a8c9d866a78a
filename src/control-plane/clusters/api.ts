import type { operations } from '../../contract/api.gen.ts';
import { authorizedByRole, type Body, type HandlersOf, query } from '../kernel/api/handler.ts';
import type { Caller } from '../kernel/caller.ts';
import { AppError } from '../kernel/errors.ts';
import { abandonCluster } from './service/abandon.ts';
import {
  pageBudgets,
  planBudget,
  planBudgetRemoval,
  removeTeamBudget,
  setTeamBudget,
} from './service/budgets.ts';
import type { ClusterServices } from './service/cluster-services.ts';
import { createCluster, planCluster } from './service/create.ts';
import { openCredential } from './service/credentials.ts';
import { destroyCluster } from './service/destroy.ts';
import { type Extension, extendCluster } from './service/extend.ts';
import { renewKeepalive, setKeepalive } from './service/keepalive.ts';
import { listCharges } from './service/list-charges.ts';
import {
  assertTeamAdmin,
  clearTeamSchedule,
  listTeamSchedules,
  planClear,
  planSchedule,
  readSchedule,
  setClusterOffhours,
  setTeamSchedule,
} from './service/offhours.ts';
import { presentProfile } from './service/profiles.ts';
import { ClusterReader } from './service/read.ts';
import { listFaultPresets, listFaults, replaceFaults } from './service/sandbox-faults.ts';
import { listCloud, simulatedCloud } from './service/sandbox-resources.ts';
import { scaleWorkers } from './service/scale.ts';
import { reportUsage } from './service/usage-report.ts';
import { UsualDurationsReader } from './service/usual-durations.ts';

type ClusterOperation =
  | 'listProfiles'
  | 'getProfile'
  | 'listClusters'
  | 'createCluster'
  | 'getCluster'
  | 'destroyCluster'
  | 'scaleWorkers'
  | 'setClusterOffhours'
  | 'getOffhours'
  | 'setOffhours'
  | 'clearOffhours'
  | 'listOffhours'
  | 'abandonCluster'
  | 'extendCluster'
  | 'renewKeepalive'
  | 'setKeepalive'
  | 'getClusterOutputs'
  | 'openClusterCredential'
  | 'getUsualDurations'
  | 'listClusterResidue'
  | 'getDestroyProof'
  | 'listClusterTransitions'
  | 'reportUsage'
  | 'listCharges'
  | 'listBudgets'
  | 'setBudget'
  | 'removeBudget'
  | 'listClusterEvents'
  | 'listSandboxResources'
  | 'listSandboxFaultPresets'
  | 'listSandboxFaults'
  | 'setSandboxFaults'
  | 'clearSandboxFaults';

/** One entry per operation of openapi.yaml that is about clusters, their profiles or their simulated cloud. */
export function clusterOperations(services: ClusterServices): HandlersOf<ClusterOperation> {
  const reader = new ClusterReader(services);
  const durations = new UsualDurationsReader(services);
  const authorizeReplay = async (caller: Caller, answer: unknown) => {
    await reader.get(caller, (answer as { cluster: { id: string } }).cluster.id);
  };
  const authorizeScheduleReplay = async (caller: Caller, answer: unknown) =>
    assertTeamAdmin(caller, (answer as { team: string }).team);
  /** Belongs to no team: it is there or it is not. */
  const authorizeSandboxReplay = async () => void simulatedCloud(services);
  return {
    listProfiles: query(async () => ({
      items: services.profiles.list().map(presentProfile),
      nextCursor: null,
    })),
    getProfile: query(async ({ path }) => {
      const profile = services.profiles.get(path.name);
      if (!profile) throw new AppError('NOT_FOUND', `There is no profile ${path.name}.`);
      return presentProfile(profile);
    }),
    listClusters: query(({ caller, query }) => reader.list(caller, query)),
    createCluster: {
      kind: 'command',
      action: 'cluster.create',
      authorizeReplay,
      status: 202,
      preview: ({ caller, query, body }) => (query.dryRun ? planCluster(services, caller, body) : undefined),
      run: (tx, { caller, body }) => createCluster(services, tx, caller, body),
    },
    getCluster: query(({ caller, path }) => reader.get(caller, path.id)),
    destroyCluster: {
      kind: 'command',
      action: 'cluster.destroy',
      authorizeReplay,
      status: 202,
      run: (tx, { caller, path, body }) => destroyCluster(services, tx, caller, path.id, body?.reason),
    },
    scaleWorkers: {
      kind: 'command',
      action: 'cluster.scale',
      authorizeReplay,
      status: 202,
      run: (tx, { caller, path, body }) => scaleWorkers(services, tx, caller, path.id, body.workers),
    },
    setClusterOffhours: {
      kind: 'command',
      action: 'cluster.offhours',
      authorizeReplay,
      status: 200,
      run: (tx, { caller, path, body }) => setClusterOffhours(services, tx, caller, path.id, body.optIn),
    },
    getOffhours: query(({ caller, query }) => readSchedule(services.db, caller, query.team)),
    setOffhours: {
      kind: 'command',
      action: 'offhours.set',
      authorizeReplay: authorizeScheduleReplay,
      status: 200,
      preview: ({ caller, query, body }) =>
        query.dryRun ? planSchedule(services.db, caller, body) : undefined,
      run: (tx, { caller, body }) => setTeamSchedule(tx, caller, body),
    },
    clearOffhours: {
      kind: 'command',
      action: 'offhours.clear',
      authorizeReplay: authorizeScheduleReplay,
      status: 200,
      preview: ({ caller, query }) => (query.dryRun ? planClear(services.db, caller, query.team) : undefined),
      run: (tx, { caller, query }) => clearTeamSchedule(tx, caller, query.team),
    },
    listOffhours: query(({ caller, query }) => listTeamSchedules(services.db, caller, query)),
    abandonCluster: {
      kind: 'command',
      action: 'cluster.abandon',
      authorizeReplay,
      status: 200,
      run: (tx, { caller, path, body }) => abandonCluster(services, tx, caller, path.id, body.reason),
    },
    extendCluster: {
      kind: 'command',
      action: 'cluster.extend',
      authorizeReplay,
      status: 200,
      run: (tx, { caller, path, body }) => extendCluster(services, tx, caller, path.id, extensionOf(body)),
    },
    renewKeepalive: {
      kind: 'renewal',
      action: 'cluster.keepalive.renew',
      run: ({ caller, path }) => renewKeepalive(services.db, caller, path.id),
    },
    setKeepalive: {
      kind: 'command',
      action: 'cluster.keepalive.set',
      authorizeReplay,
      status: 200,
      run: (tx, { caller, path, body }) => setKeepalive(tx, caller, path.id, body.minutes),
    },
    getClusterOutputs: query(({ caller, path }) => reader.outputs(caller, path.id)),
    openClusterCredential: {
      kind: 'secretAccess',
      action: 'cluster.credential.open',
      run: ({ caller, path, body }) => openCredential(services, caller, path.id, body),
    },
    getUsualDurations: query(({ caller, path, query }) => durations.get(caller, path.id, query.type)),
    listClusterResidue: query(({ caller, path }) => reader.residue(caller, path.id)),
    getDestroyProof: query(({ caller, path }) => reader.destroyProof(caller, path.id)),
    listClusterTransitions: query(({ caller, path }) => reader.transitions(caller, path.id)),
    listClusterEvents: query(({ caller, path, query }) => reader.events(caller, path.id, query)),
    reportUsage: query(({ caller, query }) => reportUsage(services.db, caller, query)),
    listCharges: query(({ caller, query }) => listCharges(services.db, caller, query)),
    listBudgets: query(({ caller, query }) => pageBudgets(services.db, caller, query)),
    setBudget: {
      kind: 'command',
      action: 'budget.set',
      authorizeReplay: authorizedByRole,
      status: 200,
      preview: ({ caller, query, body }) =>
        query.dryRun ? planBudget(services.db, caller, body) : undefined,
      run: (tx, { caller, body }) => setTeamBudget(tx, caller, body),
    },
    removeBudget: {
      kind: 'command',
      action: 'budget.remove',
      authorizeReplay: authorizedByRole,
      status: 200,
      preview: ({ query }) => (query.dryRun ? planBudgetRemoval(services.db, query.team) : undefined),
      run: (tx, { caller, query }) => removeTeamBudget(tx, caller, query.team),
    },
    listSandboxResources: query(({ query }) => listCloud(services, query.infraId)),
    listSandboxFaultPresets: query(async () => listFaultPresets(services)),
    listSandboxFaults: query(() => listFaults(services)),
    setSandboxFaults: {
      kind: 'command',
      action: 'sandbox.faults.set',
      authorizeReplay: authorizeSandboxReplay,
      status: 200,
      run: (tx, { caller, body }) => replaceFaults(services, tx, caller, body),
    },
    clearSandboxFaults: {
      kind: 'command',
      action: 'sandbox.faults.clear',
      authorizeReplay: authorizeSandboxReplay,
      status: 200,
      run: (tx, { caller }) => replaceFaults(services, tx, caller, { presets: [] }),
    },
  };
}

function extensionOf(body: Body<operations['extendCluster']>): Extension {
  if (body.byHours !== undefined) return { byHours: body.byHours };
  return { until: new Date(body.until ?? Number.NaN) };
}
