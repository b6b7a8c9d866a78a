import type { InstalledCluster } from '../../cloud/cluster-folder.ts';
import type { NewResource } from '../../cloud/simulated-cloud.ts';
import {
  type Condition,
  conditionsOf,
  hasCondition,
  type JsonObject,
  type KubeObject,
  kubeTime,
  objectAt,
  textAt,
} from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { planWorker } from './cluster-zones.ts';
import { drainNode } from './drain-node.ts';
import { recordEvent } from './events.ts';
import {
  isMaster,
  MACHINE_FINALIZER,
  MACHINE_GROUP,
  MACHINES,
  nodeAddress,
  nodeNameOf,
  zoneLabels,
} from './machine-objects.ts';
import { NODES, newNode, readyConditions } from './node-objects.ts';
import type { StageTimer } from './stage-timer.ts';

/** Durations at the default speed: an install takes 12 s there instead of 40 minutes, and a machine 3 s instead of 5 minutes. */
const PROVISION_MS = 700;
const JOIN_MS = 1200;
const READY_MS = 800;
const TERMINATE_MS = 500;

/** The cloud of one cluster, as the machine controller uses it. */
export interface MachineCloud {
  /** Creates the resources of a worker, unless the cluster is being destroyed. */
  create(resources: readonly NewResource[]): Promise<void>;
  remove(resources: readonly NewResource[]): Promise<void>;
  exists(instance: NewResource): boolean;
}

export interface MachineContext {
  readonly store: ObjectStore;
  readonly installed: InstalledCluster;
  readonly zones: readonly string[];
  readonly masters: readonly NewResource[];
  /** Machines that the installer made. */
  readonly installedNames: ReadonlySet<string>;
  readonly cloud: MachineCloud;
  readonly timer: StageTimer;
  now(): number;
}

/** Brings each machine one stage further: instance, node, ready; or drained, terminated, gone. */
export async function reconcileMachines(context: MachineContext): Promise<void> {
  for (const { metadata } of context.store.list(MACHINES)) {
    const machine = context.store.get(MACHINES, metadata.namespace, metadata.name);
    if (machine === undefined) continue;
    if (machine.metadata.deletionTimestamp !== undefined) await removeMachine(context, machine);
    else await advanceMachine(context, machine);
  }
}

async function advanceMachine(context: MachineContext, machine: KubeObject): Promise<void> {
  const phase = textAt(machine, 'status.phase');
  const { timer } = context;
  const { uid } = machine.metadata;
  if (phase === undefined) {
    setStatus(context, machine, { phase: isInstalled(context, machine) ? 'Provisioned' : 'Provisioning' });
    return;
  }
  const [instance] = planOf(context, machine);
  if (phase === 'Provisioning') {
    if (timer.isOver(uid, phase, PROVISION_MS)) await provision(context, machine);
  } else if (phase === 'Provisioned') {
    if (isInstalled(context, machine) || timer.isOver(uid, phase, JOIN_MS)) join(context, machine);
  } else if (phase === 'Running') {
    if (instance !== undefined && !context.cloud.exists(instance))
      fail(context, machine, 'UnknownError', "Can't find created instance.");
    else if (isInstalled(context, machine) || timer.isOver(uid, phase, READY_MS)) makeReady(context, machine);
  }
}

/** Did the installer make it? Its instance and its node are there from the beginning. */
function isInstalled({ installedNames }: MachineContext, { metadata }: KubeObject): boolean {
  return installedNames.has(metadata.name);
}

/** A request may have changed it while the cloud was asked. */
function reread({ store }: MachineContext, { metadata }: KubeObject): KubeObject | undefined {
  return store.get(MACHINES, metadata.namespace, metadata.name);
}

function planOf({ installed, zones, masters }: MachineContext, machine: KubeObject): readonly NewResource[] {
  const { name } = machine.metadata;
  if (isMaster(machine)) return masters.filter((instance) => instance.name === name);
  const placement = placementOf(machine);
  return zones.includes(placement.zone) ? planWorker(installed.cluster, name, placement) : [];
}

function placementOf(machine: KubeObject): { readonly zone: string; readonly instanceType: string } {
  const value = objectAt(machine, 'spec', 'providerSpec', 'value');
  return {
    zone: textAt(value, 'placement.availabilityZone') ?? textAt(value, 'zone') ?? '',
    instanceType: textAt(value, 'instanceType') ?? textAt(value, 'profile') ?? '',
  };
}

async function provision(context: MachineContext, machine: KubeObject): Promise<void> {
  const planned = planOf(context, machine);
  const [instance] = planned;
  if (instance === undefined)
    return fail(
      context,
      machine,
      'InvalidConfiguration',
      `no zone "${placementOf(machine).zone}" in this cluster`,
    );
  await context.cloud.create(planned);
  const fresh = reread(context, machine);
  if (fresh === undefined) return;
  setStatus(context, fresh, { phase: 'Provisioned' });
  event(context, fresh, 'Normal', 'Create', `Created Machine ${machine.metadata.name}`);
}

function join(context: MachineContext, machine: KubeObject): void {
  const { store, installed } = context;
  const name = nodeNameOf(installed.cluster, machine.metadata.name);
  if (store.get(NODES, undefined, name) === undefined)
    store.put(
      NODES,
      newNode(installed.cluster, provisioned(context, machine), { ...installed, now: context.now() }),
    );
  const { uid } = store.get(NODES, undefined, name)?.metadata ?? { uid: '' };
  setStatus(context, machine, { phase: 'Running', nodeRef: { kind: 'Node', name, uid } });
}

function makeReady({ store, now }: MachineContext, machine: KubeObject): void {
  const node = store.get(NODES, undefined, textAt(machine, 'status.nodeRef.name') ?? '');
  if (node === undefined || hasCondition(node, 'Ready')) return;
  store.put(NODES, {
    ...node,
    status: { ...objectAt(node, 'status'), conditions: readyConditions(true, now()) },
  });
}

async function removeMachine(context: MachineContext, machine: KubeObject): Promise<void> {
  const { store, timer, cloud } = context;
  const { uid } = machine.metadata;
  if (textAt(machine, 'status.phase') !== 'Deleting')
    return setStatus(context, machine, { phase: 'Deleting' });
  const node = store.get(NODES, undefined, textAt(machine, 'status.nodeRef.name') ?? '');
  if (node !== undefined && !hasCondition(machine, 'Drained')) {
    const condition = drainNode(context, machine, node);
    if (condition !== undefined) setDrained(context, machine, condition);
    return;
  }
  if (!timer.isOver(uid, 'Terminating', TERMINATE_MS)) return;
  await cloud.remove(planOf(context, machine));
  if (node !== undefined) store.remove(NODES, node);
  timer.forget(uid);
  const fresh = reread(context, machine);
  if (fresh === undefined) return;
  const { finalizers = [], ...metadata } = fresh.metadata;
  const others = finalizers.filter((name) => name !== MACHINE_FINALIZER);
  if (others.length === 0) store.remove(MACHINES, fresh);
  else if (others.length < finalizers.length)
    store.put(MACHINES, { ...fresh, metadata: { ...metadata, finalizers: others } });
}

function setDrained(context: MachineContext, machine: KubeObject, condition: Condition): void {
  const others = conditionsOf(machine).filter(({ type }) => type !== condition.type);
  setStatus(context, machine, { conditions: [...others, condition] });
  if (condition.status === 'True') return;
  const message = `failed to drain node for machine "${machine.metadata.name}": ${condition.message}`;
  event(context, machine, 'Warning', 'FailedDrain', message);
}

function fail(context: MachineContext, machine: KubeObject, errorReason: string, errorMessage: string): void {
  setStatus(context, machine, { phase: 'Failed', errorReason, errorMessage });
  event(context, machine, 'Warning', 'FailedCreate', errorMessage);
}

/** Labels, provider id and addresses that a machine gets with its instance. */
function provisioned(context: MachineContext, machine: KubeObject): KubeObject {
  const [instance] = planOf(context, machine);
  if (instance === undefined) return machine;
  const { cluster } = context.installed;
  const placement = placementOf(machine);
  const providerID =
    cluster.platform === 'aws'
      ? `aws:///${placement.zone}/${instance.id}`
      : `ibm://${cluster.infraID}///${cluster.region}/${instance.id}`;
  return {
    ...machine,
    metadata: {
      ...machine.metadata,
      labels: { ...machine.metadata.labels, ...zoneLabels(cluster, placement) },
      annotations: { ...machine.metadata.annotations, [`${MACHINE_GROUP}/instance-state`]: 'running' },
    },
    spec: { ...objectAt(machine, 'spec'), providerID },
    status: {
      ...objectAt(machine, 'status'),
      addresses: [{ type: 'InternalIP', address: nodeAddress(machine.metadata.name) }],
      providerStatus: { instanceId: instance.id, instanceState: 'running' },
    },
  };
}

function setStatus(context: MachineContext, machine: KubeObject, change: JsonObject): void {
  const hasInstance = change['phase'] === 'Provisioned' || change['phase'] === 'Running';
  const base = hasInstance ? provisioned(context, machine) : machine;
  const status = { ...objectAt(base, 'status'), ...change, lastUpdated: kubeTime(context.now()) };
  context.store.put(MACHINES, { ...base, status });
}

function event(
  context: MachineContext,
  machine: KubeObject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  const component =
    type === 'Warning' && reason === 'FailedDrain'
      ? 'machine-drain-controller'
      : `${context.installed.cluster.platform}controller`;
  recordEvent(context.store, machine, { type, reason, message, component }, context.now());
}
