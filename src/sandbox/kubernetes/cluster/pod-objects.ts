import { type Condition, type KubeObject, kubeTime } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { newMetadata } from './machine-objects.ts';

export const PODS = 'pods';
export const BUDGETS = 'poddisruptionbudgets.policy';

/** A component whose pods decide whether a node can be drained. Two pods, never on one node, as in a real cluster. */
export interface Component {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly containers: number;
  readonly budget: Readonly<Record<string, string | number>>;
}

export const COMPONENTS: readonly Component[] = [
  {
    name: 'router-default',
    namespace: 'openshift-ingress',
    labels: { 'ingresscontroller.operator.openshift.io/deployment-ingresscontroller': 'default' },
    replicas: 2,
    containers: 1,
    budget: { maxUnavailable: '50%' },
  },
  {
    name: 'prometheus-k8s',
    namespace: 'openshift-monitoring',
    labels: { 'app.kubernetes.io/name': 'prometheus', prometheus: 'k8s' },
    replicas: 2,
    containers: 6,
    budget: { minAvailable: 1 },
  },
];

export function seedBudgets(store: ObjectStore, now: number): void {
  for (const { name, namespace, labels, budget } of COMPONENTS)
    store.put(BUDGETS, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: newMetadata(name, namespace, now),
      spec: { ...budget, selector: { matchLabels: { ...labels } } },
      status: {
        currentHealthy: 0,
        desiredHealthy: 0,
        disruptionsAllowed: 0,
        expectedPods: 0,
        observedGeneration: 1,
      },
    });
}

/** A pod of a component: running on a node, or pending without one. */
export function newPod(
  { namespace, labels, containers }: Component,
  name: string,
  { nodeName, now }: { readonly nodeName: string | undefined; readonly now: number },
): KubeObject {
  const at = kubeTime(now);
  const { generation: _generation, ...metadata } = newMetadata(name, namespace, now);
  const condition = (type: string, isTrue: boolean): Condition => ({
    type,
    status: isTrue ? 'True' : 'False',
    lastTransitionTime: at,
  });
  const unscheduled: Condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: 'no nodes available to schedule pods',
    lastTransitionTime: at,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: { ...labels } },
    spec: {
      containers: Array.from({ length: containers }, (_, i) => ({
        name: `c${i}`,
        image: 'sandbox.invalid/none',
      })),
      ...(nodeName === undefined ? {} : { nodeName }),
      restartPolicy: 'Always',
    },
    status:
      nodeName === undefined
        ? { phase: 'Pending', conditions: [unscheduled] }
        : {
            phase: 'Running',
            podIP: '10.128.0.10',
            startTime: at,
            conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) =>
              condition(type, true),
            ),
          },
  };
}
