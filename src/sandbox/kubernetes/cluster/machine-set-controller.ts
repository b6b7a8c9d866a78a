import { markDeleted } from '../api/delete-objects.ts';
import { generateName } from '../api/write-objects.ts';
import { hasCondition, isSame, type KubeObject, numberAt, objectAt, textAt } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { recordEvent } from './events.ts';
import { MACHINE_GROUP, MACHINE_SETS, MACHINES, newMachineOf } from './machine-objects.ts';
import { NODES } from './node-objects.ts';

const COMPONENT = 'machineset-controller';
const DELETE_FIRST = `${MACHINE_GROUP}/delete-machine`;

/** Creates and deletes machines until each MachineSet has as many as it wants, and counts them. */
export function reconcileMachineSets(store: ObjectStore, now: number): void {
  for (const machineSet of store.list(MACHINE_SETS)) {
    reconcileCount(store, machineSet, now);
    updateStatus(store, machineSet);
  }
  deleteOrphans(store, now);
}

function ownedBy(store: ObjectStore, { metadata }: KubeObject): KubeObject[] {
  return store
    .list(MACHINES)
    .filter((machine) => machine.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));
}

function reconcileCount(store: ObjectStore, machineSet: KubeObject, now: number): void {
  if (machineSet.metadata.deletionTimestamp !== undefined) return;
  const active = ownedBy(store, machineSet).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  const wanted = Math.max(0, numberAt(machineSet, 'spec.replicas') ?? 1);
  for (let count = active.length; count < wanted; count++) {
    const name = generateName(`${machineSet.metadata.name}-`);
    store.put(MACHINES, newMachineOf(machineSet, name, now));
    recordEvent(
      store,
      machineSet,
      {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created machine: ${name}`,
        component: COMPONENT,
      },
      now,
    );
  }
  const policy = textAt(machineSet, 'spec.deletePolicy') ?? 'Random';
  const surplus = active
    .toSorted((a, b) => byDeletion(policy, a, b))
    .slice(0, Math.max(0, active.length - wanted));
  for (const machine of surplus) {
    store.put(MACHINES, markDeleted(machine, now));
    const message = `Deleted machine: ${machine.metadata.name}`;
    recordEvent(
      store,
      machineSet,
      { type: 'Normal', reason: 'SuccessfulDelete', message, component: COMPONENT },
      now,
    );
  }
}

/** Marked machines first, then failed ones, then by the policy of the set. */
function byDeletion(policy: string, a: KubeObject, b: KubeObject): number {
  const rank = (machine: KubeObject) => {
    if (machine.metadata.annotations?.[DELETE_FIRST] !== undefined) return 0;
    if (textAt(machine, 'status.errorReason') !== undefined || textAt(machine, 'status.phase') === 'Failed')
      return 1;
    return textAt(machine, 'status.nodeRef.name') === undefined ? 2 : 3;
  };
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const ages = a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1;
  return policy === 'Newest' ? -ages : ages;
}

function updateStatus(store: ObjectStore, { metadata: { name, namespace } }: KubeObject): void {
  const machineSet = store.get(MACHINE_SETS, namespace, name);
  if (machineSet === undefined) return;
  const machines = ownedBy(store, machineSet);
  const ready = machines.filter((machine) => {
    const node = store.get(NODES, undefined, textAt(machine, 'status.nodeRef.name') ?? '');
    return node !== undefined && hasCondition(node, 'Ready');
  }).length;
  const { errorReason: _reason, errorMessage: _message, ...rest } = objectAt(machineSet, 'status');
  const status = {
    ...rest,
    replicas: machines.length,
    fullyLabeledReplicas: machines.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: machineSet.metadata.generation ?? 1,
  };
  const shown = withoutZero(status);
  if (!isSame(shown, machineSet['status'])) store.put(MACHINE_SETS, { ...machineSet, status: shown });
}

/** The counts are left out when they are 0, except `replicas`, as in the status of a real cluster. */
function withoutZero(status: Record<string, unknown>): KubeObject[string] {
  const kept = Object.entries(status).filter(([field, value]) => field === 'replicas' || value !== 0);
  return Object.fromEntries(kept) as KubeObject[string];
}

/** The garbage collector: machines whose MachineSet was deleted. */
function deleteOrphans(store: ObjectStore, now: number): void {
  const owners = new Set(store.list(MACHINE_SETS).map(({ metadata }) => metadata.uid));
  for (const machine of store.list(MACHINES)) {
    const { ownerReferences = [], deletionTimestamp } = machine.metadata;
    const isOrphan = ownerReferences.length > 0 && !ownerReferences.some(({ uid }) => owners.has(uid));
    if (isOrphan && deletionTimestamp === undefined) store.put(MACHINES, markDeleted(machine, now));
  }
}
