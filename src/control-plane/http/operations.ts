import type { components, operations } from '../../contract/api.gen.ts';
import { abandonCluster } from '../clusters/service/abandon.ts';
import { createCluster, planCluster } from '../clusters/service/create.ts';
import { openCredential } from '../clusters/service/credentials.ts';
import { destroyCluster } from '../clusters/service/destroy.ts';
import { extendCluster } from '../clusters/service/extend.ts';
import { cancelJob, retryJob } from '../clusters/service/job-orders.ts';
import { presentProfile } from '../clusters/service/profiles.ts';
import type { ClusterReader } from '../clusters/service/read.ts';
import { listCloud } from '../clusters/service/sandbox-resources.ts';
import type { ClusterWing } from '../clusters/service/wing.ts';
import { type Caller, nameOf } from '../kernel/access/caller.ts';
import type { Tx } from '../kernel/db/db.ts';
import { AppError } from '../kernel/errors.ts';
import { endSession } from '../kernel/sessions/end-session.ts';
import type { Trail } from './admin/audit.ts';
import { trailAndSecretHandlers } from './admin/operations.ts';
import type { JobEventReader } from './job-events.ts';

type Id = keyof operations;
type Part<Op, Name extends string> = Op extends { parameters: Partial<Record<Name, infer P>> }
  ? NonNullable<P>
  : never;
type Body<Op> = Op extends { requestBody: { content: { 'application/json': infer B } } } ? B : undefined;

/** What a handler gets: everything in it was validated against the contract. */
export interface Call<Op extends Id> {
  readonly caller: Caller;
  readonly path: Part<operations[Op], 'path'>;
  readonly query: Part<operations[Op], 'query'>;
  readonly body: Body<operations[Op]>;
}

export interface Reading<Op extends Id> {
  readonly kind: 'reading';
  readonly run: (call: Call<Op>) => Promise<unknown>;
}

/** Opens a secret: its answer must not be remembered under an idempotency key, and its refusal is audited. */
export interface Opening<Op extends Id> {
  readonly kind: 'opening';
  /** As the audit trail calls it. */
  readonly action: string;
  readonly run: (call: Call<Op>) => Promise<unknown>;
}

/** Changes something: runs inside the transaction that also holds the idempotency record. */
export interface Mutation<Op extends Id> {
  readonly kind: 'mutation';
  /** As the audit trail calls it. */
  readonly action: string;
  /** Answers 200 without changing anything, when the call only asks for a plan. */
  readonly preview?: (call: Call<Op>) => Promise<unknown> | undefined;
  readonly status: number;
  readonly run: (tx: Tx, call: Call<Op>) => Promise<unknown>;
  /** Throws when an earlier answer tells of something that the caller may no longer see. */
  readonly mayReplay: (caller: Caller, answer: unknown) => Promise<void>;
}

export type Handlers = {
  readonly [Op in Exclude<Id, 'getHealth' | 'getReadiness' | 'createSession'>]:
    | Reading<Op>
    | Opening<Op>
    | Mutation<Op>;
};

export interface OperationOptions {
  readonly wing: ClusterWing;
  readonly reader: ClusterReader;
  readonly events: JobEventReader;
  readonly trail: Trail;
  readonly version: string;
}

/** One entry per operation of openapi.yaml; the compiler knows when one is missing. */
export function handlers({ wing, reader, events, trail, version }: OperationOptions): Handlers {
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
    listSandboxResources: reading(({ caller, query }) => listCloud(wing, caller, query.infraId)),
    ...trailAndSecretHandlers(trail),
  };
}

function reading<Op extends Id>(run: (call: Call<Op>) => Promise<unknown>): Reading<Op> {
  return { kind: 'reading', run };
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

function extensionOf(body: Body<operations['extendCluster']>): { byHours: number } | { until: Date } {
  if (body.byHours !== undefined) return { byHours: body.byHours };
  return { until: new Date(body.until ?? Number.NaN) };
}
