import { budgetsOf } from '../api/special-requests.ts';
import { generateName } from '../api/write-objects.ts';
import {
  hasCondition,
  isSame,
  type KubeObject,
  listAt,
  objectAt,
  textAt,
  valueAt,
} from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { NODES } from './node-objects.ts';
import { BUDGETS, COMPONENTS, type Component, newPod, PODS } from './pod-objects.ts';

/** Stands in for scheduler, kubelet and the controllers of pods and budgets. */
export function reconcilePods(store: ObjectStore, now: number): void {
  for (const pod of store.list(PODS))
    if (pod.metadata.deletionTimestamp !== undefined) store.remove(PODS, pod);
  for (const component of COMPONENTS) reconcileComponent(store, component, now);
  for (const budget of store.list(BUDGETS)) reconcileBudget(store, budget);
}

function reconcileComponent(store: ObjectStore, component: Component, now: number): void {
  const isOurs = ({ metadata }: KubeObject) =>
    metadata.namespace === component.namespace && metadata.name.startsWith(`${component.name}-`);
  const nodes = store.list(NODES);
  for (const pod of store.list(PODS).filter(isOurs)) {
    const nodeName = textAt(pod, 'spec.nodeName');
    // The pods of a removed node are removed; one without a node gets the first that is free.
    if (nodeName !== undefined && nodes.some(({ metadata }) => metadata.name === nodeName)) continue;
    const free = nodeName === undefined ? freeNode(store, nodes, isOurs) : undefined;
    if (nodeName !== undefined || free !== undefined) store.remove(PODS, pod);
    if (free !== undefined) store.put(PODS, newPod(component, pod.metadata.name, { nodeName: free, now }));
  }
  for (let count = store.list(PODS).filter(isOurs).length; count < component.replicas; count++) {
    const nodeName = freeNode(store, nodes, isOurs);
    store.put(PODS, newPod(component, generateName(`${component.name}-`), { nodeName, now }));
  }
}

/** A node that takes workloads without a toleration and has no pod of the component yet. */
function freeNode(
  store: ObjectStore,
  nodes: readonly KubeObject[],
  isOurs: (pod: KubeObject) => boolean,
): string | undefined {
  const taken = new Set(
    store
      .list(PODS)
      .filter(isOurs)
      .map((pod) => textAt(pod, 'spec.nodeName')),
  );
  return nodes.find(
    (node) =>
      hasCondition(node, 'Ready') &&
      valueAt(node, 'spec.unschedulable') !== true &&
      listAt(node, 'spec.taints').length === 0 &&
      node.metadata.labels?.['node-role.kubernetes.io/worker'] !== undefined &&
      !taken.has(node.metadata.name),
  )?.metadata.name;
}

function reconcileBudget(store: ObjectStore, budget: KubeObject): void {
  const pods = store
    .list(PODS)
    .filter((pod) => budgetsOf(store, pod).some(({ metadata }) => metadata.uid === budget.metadata.uid));
  const expectedPods = pods.length;
  const currentHealthy = pods.filter((pod) => hasCondition(pod, 'Ready')).length;
  const { minAvailable, maxUnavailable } = objectAt(budget, 'spec');
  const desiredHealthy =
    minAvailable === undefined
      ? Math.max(0, expectedPods - share(maxUnavailable, expectedPods))
      : share(minAvailable, expectedPods);
  const status = {
    ...objectAt(budget, 'status'),
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed: expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy),
    expectedPods,
    observedGeneration: budget.metadata.generation ?? 1,
  };
  if (!isSame(status, budget['status'])) store.put(BUDGETS, { ...budget, status });
}

/** A number of pods, or a percentage of them, rounded up. */
function share(value: unknown, of: number): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && value.endsWith('%'))
    return Math.ceil((of * Number.parseFloat(value)) / 100);
  return 0;
}
