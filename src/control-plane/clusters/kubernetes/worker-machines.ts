import type { V1Node } from '@kubernetes/client-node';
import * as z from 'zod';
import { type ClusterApi, ClusterApiError } from './cluster-api.ts';

const ROLE = 'machine.openshift.io/cluster-api-machine-role';
const SET = 'machine.openshift.io/cluster-api-machineset';
const ZONE = 'machine.openshift.io/zone';
/** Set by the cluster autoscaler's operator on the sets of a MachineAutoscaler. */
const AUTOSCALED = 'machine.openshift.io/cluster-api-autoscaler-node-group-max-size';

const metadata = z.object({
  name: z.string(),
  resourceVersion: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  finalizers: z.array(z.string()).default([]),
  deletionTimestamp: z.string().optional(),
});
const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
});
const conditions = z.array(condition).default([]);
const placement = z.object({
  value: z.object({ placement: z.object({ availabilityZone: z.string().optional() }).optional() }).optional(),
});
const hooks = z.array(z.object({ name: z.string(), owner: z.string().default('') })).default([]);

const setSchema = z.object({
  metadata,
  // Absent means one.
  spec: z.object({
    replicas: z.int().default(1),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }).prefault({}),
      spec: z.object({ providerSpec: placement.optional() }).optional(),
    }),
  }),
});
const machineSchema = z.object({
  metadata,
  spec: z
    .object({
      providerID: z.string().optional(),
      providerSpec: placement.optional(),
      lifecycleHooks: z.object({ preDrain: hooks, preTerminate: hooks }).prefault({}),
    })
    .prefault({}),
  status: z
    .object({
      phase: z.string().default(''),
      nodeRef: z.object({ name: z.string() }).optional(),
      errorReason: z.string().optional(),
      errorMessage: z.string().optional(),
      conditions,
      providerStatus: z.object({ conditions }).prefault({}),
    })
    .prefault({}),
});

/** @throws ClusterApiError when the answer is not a list of such objects */
function readList<T extends z.ZodType>(item: T, what: string, answer: unknown) {
  const list = z.object({
    metadata: z.object({ resourceVersion: z.string().optional() }),
    items: z.array(item),
  });
  const { success, data, error } = list.safeParse(answer);
  if (success) return data;
  const [issue] = error.issues;
  const where = issue === undefined ? '' : `${issue.path.join('.')}: ${issue.message}`;
  throw new ClusterApiError(200, `unexpected ${what}, ${where}`, error);
}

export interface MachineSet {
  readonly name: string;
  readonly replicas: number;
  readonly resourceVersion: string;
  readonly isAutoscaled: boolean;
}

export interface Machine {
  readonly name: string;
  readonly set: string;
  readonly zone: string | undefined;
  readonly phase: string;
  readonly isDeleting: boolean;
  /** Whether the cloud has an instance for it, which costs money. */
  readonly hasInstance: boolean;
  readonly node: { readonly name: string; readonly isReady: boolean; readonly why: string } | undefined;
  readonly error: string | undefined;
  readonly finalizers: readonly string[];
  readonly hooks: readonly { readonly name: string; readonly owner: string }[];
  readonly conditions: readonly z.infer<typeof condition>[];
}

/** The worker machine sets of a cluster and their machines, at one time. */
export interface WorkerMachines {
  readonly sets: readonly MachineSet[];
  readonly machines: readonly Machine[];
  /** From where a watch continues. */
  readonly resourceVersions: { readonly machines: string | undefined; readonly nodes: string | undefined };
}

/** Lists what the machine API and the nodes say of the workers. Machine sets of other roles, such as infra, are left out. */
export async function listWorkerMachines(api: ClusterApi): Promise<WorkerMachines> {
  const [rawSets, rawMachines, nodes] = await Promise.all([
    api.listMachineKind('machinesets'),
    api.listMachineKind('machines'),
    api.listNodes(),
  ]);
  const sets = readList(setSchema, 'machine sets', rawSets).items.filter(
    ({ spec }) => spec.template.metadata.labels[ROLE] === 'worker',
  );
  const machineList = readList(machineSchema, 'machines', rawMachines);
  const names = new Set(sets.map(({ metadata }) => metadata.name));
  const byName = new Map(nodes.items.map((node) => [node.metadata?.name ?? '', node]));
  return {
    sets: sets
      .map(({ metadata: { name, resourceVersion, annotations }, spec }) => ({
        ...{ name, resourceVersion, replicas: spec.replicas },
        isAutoscaled: AUTOSCALED in annotations,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    machines: machineList.items
      // Also of sets that were deleted: their machines exist, and cost money.
      .filter(({ metadata: { labels } }) => labels[ROLE] === 'worker' || names.has(labels[SET] ?? ''))
      .map((machine) => machineOf(machine, byName)),
    resourceVersions: {
      machines: machineList.metadata.resourceVersion,
      nodes: nodes.metadata?.resourceVersion,
    },
  };
}

function machineOf(
  { metadata: { name, labels, finalizers, deletionTimestamp }, spec, status }: z.infer<typeof machineSchema>,
  nodes: ReadonlyMap<string, V1Node>,
): Machine {
  const { phase, nodeRef, errorReason, errorMessage } = status;
  const node = nodeRef === undefined ? undefined : nodes.get(nodeRef.name);
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready');
  const error = [errorReason, errorMessage].filter((part) => part !== undefined).join(': ');
  return {
    name,
    set: labels[SET] ?? '',
    zone: labels[ZONE] ?? spec.providerSpec?.value?.placement?.availabilityZone,
    phase,
    isDeleting: deletionTimestamp !== undefined,
    hasInstance:
      spec.providerID !== undefined || nodeRef !== undefined || ['Provisioned', 'Running'].includes(phase),
    node:
      nodeRef === undefined || node === undefined
        ? undefined
        : { name: nodeRef.name, isReady: ready?.status === 'True', why: ready?.message ?? '' },
    error: error === '' ? undefined : error,
    finalizers,
    hooks: [...spec.lifecycleHooks.preDrain, ...spec.lifecycleHooks.preTerminate],
    conditions: [...status.conditions, ...status.providerStatus.conditions],
  };
}

/** Workers that exist in the cloud, whatever they are for the cluster. */
export function existingWorkers({ machines }: WorkerMachines): number {
  return machines.filter(({ hasInstance }) => hasInstance).length;
}

/** Workers with a ready node that are to stay. */
export function readyWorkers({ machines }: WorkerMachines): number {
  return machines.filter(({ isDeleting, node }) => !isDeleting && node?.isReady === true).length;
}

/** Whether each set has exactly as many machines as it is to have, all of them with ready nodes. */
export function isScaled({ sets, machines }: WorkerMachines, target: ReadonlyMap<string, number>): boolean {
  return [...target].every(([name, wanted]) => {
    const own = machines.filter(({ set }) => set === name);
    return (
      (sets.find((set) => set.name === name)?.replicas ?? 0) === wanted &&
      own.length === wanted &&
      own.every(({ isDeleting, node }) => !isDeleting && node?.isReady === true)
    );
  });
}
