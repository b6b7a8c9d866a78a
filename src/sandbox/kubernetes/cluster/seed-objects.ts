import type { InstalledCluster } from '../../cloud/cluster-folder.ts';
import { type KubeObject, kubeTime } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { installedMachines, zonesOf } from './cluster-zones.ts';
import {
  MACHINE_SETS,
  MACHINES,
  newMachineOf,
  newMachineSet,
  newMaster,
  newMetadata,
} from './machine-objects.ts';
import { seedOperators } from './operator-objects.ts';
import { seedBudgets } from './pod-objects.ts';

const NAMESPACES = [
  'default',
  'kube-node-lease',
  'kube-public',
  'kube-system',
  'openshift',
  'openshift-config',
  'openshift-ingress',
  'openshift-machine-api',
  'openshift-monitoring',
];

/** The objects of a cluster whose install has just ended. Nodes and pods follow from the machines. */
export function seedObjects(store: ObjectStore, installed: InstalledCluster): void {
  const { cluster, installedAt } = installed;
  const now = Date.parse(installedAt);
  for (const name of NAMESPACES) store.put('namespaces', newNamespace(name, now));
  seedOperators(store, installed);
  seedBudgets(store, now);
  const { master, worker } = installedMachines(cluster);
  const zones = zonesOf(cluster);
  const zoneAt = (index: number) => zones[index % zones.length]?.name ?? '';
  master.forEach(({ name }, i) => void store.put(MACHINES, newMaster(cluster, name, zoneAt(i), now)));
  for (const { name: zone, machineSet: name } of zones) {
    const own = worker.filter(({ name: machine }) => machine.startsWith(`${name}-`));
    const machineSet = store.put(
      MACHINE_SETS,
      newMachineSet(cluster, { name, zone, replicas: own.length }, now),
    );
    for (const machine of own) store.put(MACHINES, newMachineOf(machineSet, machine.name, now));
  }
}

function newNamespace(name: string, now: number): KubeObject {
  const { generation: _generation, ...metadata } = newMetadata(name, undefined, now);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      ...metadata,
      creationTimestamp: kubeTime(now),
      labels: { 'kubernetes.io/metadata.name': name },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}
