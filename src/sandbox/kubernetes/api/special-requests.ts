import {
  isJsonObject,
  type JsonObject,
  type KubeObject,
  kubeTime,
  listAt,
  numberAt,
  objectAt,
} from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { StatusError } from './api-error.ts';
import { deleteObject } from './delete-objects.ts';
import type { ResourceTarget } from './request-target.ts';
import { existingObject, updateObject, type WriteOptions } from './write-objects.ts';

const BUDGETS = 'poddisruptionbudgets.policy';

/** The budgets that a pod counts for. */
export function budgetsOf(store: ObjectStore, pod: KubeObject): KubeObject[] {
  const labels = pod.metadata.labels ?? {};
  return store.list(BUDGETS).filter((budget) => {
    const wanted = Object.entries(objectAt(budget, 'spec', 'selector', 'matchLabels'));
    const isNear = budget.metadata.namespace === pod.metadata.namespace;
    return isNear && wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
  });
}

/** `kubectl drain`: deletes the pod unless a budget refuses. @throws StatusError 429 */
export function evictPod(store: ObjectStore, target: ResourceTarget, options: WriteOptions): JsonObject {
  const pod = existingObject(store, target);
  const blocking = budgetsOf(store, pod).find(
    (budget) => (numberAt(budget, 'status.disruptionsAllowed') ?? 0) < 1,
  );
  if (blocking !== undefined) {
    const healthy = numberAt(blocking, 'status.currentHealthy') ?? 0;
    const needed = numberAt(blocking, 'status.desiredHealthy') ?? 0;
    const message = `The disruption budget ${blocking.metadata.name} needs ${needed} healthy pods and has ${healthy} currently`;
    throw new StatusError(
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [{ reason: 'DisruptionBudget', message }],
      },
    );
  }
  deleteObject(store, { ...target, subresource: undefined }, {}, options);
  // Counted at once: the next eviction may come before the budgets are computed again.
  if (!options.dryRun) for (const budget of budgetsOf(store, pod)) countDisruption(store, budget);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
}

function countDisruption(store: ObjectStore, budget: KubeObject): void {
  const disruptionsAllowed = (numberAt(budget, 'status.disruptionsAllowed') ?? 1) - 1;
  store.put(BUDGETS, { ...budget, status: { ...objectAt(budget, 'status'), disruptionsAllowed } });
}

/** `kubectl certificate approve|deny`: only the conditions of the request change. @throws StatusError */
export function updateApproval(
  store: ObjectStore,
  target: ResourceTarget,
  body: JsonObject,
  options: WriteOptions,
): JsonObject {
  const existing = existingObject(store, target);
  const conditions = listAt(body, 'status.conditions')
    .filter(isJsonObject)
    .map((entry) => ({ ...entry, lastTransitionTime: entry['lastTransitionTime'] ?? kubeTime(options.now) }));
  const status = { ...objectAt(existing, 'status'), conditions };
  return updateObject(store, target, { ...body, status }, { ...options, part: 'status' });
}
