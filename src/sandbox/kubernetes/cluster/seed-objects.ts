import type { InstalledCluster } from '../../cloud/cluster-folder.ts';
import { type KubeObject, kubeTime } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { installedMachineSets, installedMachines } from './cluster-zones.ts';
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
  const sets = installedMachineSets(cluster);
  // The control plane is in the zones of the workers.
  const zones = sets.filter(({ pool }) => pool.role === 'worker').map(({ pool }) => pool.zone);
  for (const [index, { name }] of installedMachines(cluster).master.entries())
    store.put(MACHINES, newMaster(cluster, name, zones[index % zones.length] ?? '', now));
  for (const { name, pool, machines } of sets) {
    const replicas = machines.length;
    const machineSet = store.put(MACHINE_SETS, newMachineSet(cluster, { ...pool, name, replicas }, now));
    for (const machine of machines) store.put(MACHINES, newMachineOf(machineSet, machine, now));
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
