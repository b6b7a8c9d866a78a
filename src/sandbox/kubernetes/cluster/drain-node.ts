import { StatusError } from '../api/api-error.ts';
import { resourceType } from '../api/resource-types.ts';
import { evictPod } from '../api/special-requests.ts';
import {
  type Condition,
  conditionsOf,
  type KubeObject,
  kubeTime,
  objectAt,
  textAt,
  valueAt,
} from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { MACHINE_GROUP } from './machine-objects.ts';
import { NODES } from './node-objects.ts';
import { PODS } from './pod-objects.ts';
import type { StageTimer } from './stage-timer.ts';

/** Duration at the default speed. */
const DRAIN_MS = 400;
/** The key alone counts, whatever its value. */
const SKIP_DRAIN = `${MACHINE_GROUP}/exclude-node-draining`;

interface DrainContext {
  readonly store: ObjectStore;
  readonly timer: StageTimer;
  now(): number;
}

/**
 * Cordons the node and evicts its pods. A budget that refuses holds the machine for as long as it refuses.
 * @returns the condition of the machine if it changed
 */
export function drainNode(
  context: DrainContext,
  machine: KubeObject,
  node: KubeObject,
): Condition | undefined {
  const { store, timer } = context;
  const { uid, annotations = {} } = machine.metadata;
  if (valueAt(node, 'spec.unschedulable') !== true)
    store.put(NODES, { ...node, spec: { ...objectAt(node, 'spec'), unschedulable: true } });
  if (SKIP_DRAIN in annotations) return changed(context, machine, 'True', 'Node drain skipped');
  if (!timer.isOver(uid, 'Draining', DRAIN_MS)) return undefined;
  const isHere = (pod: KubeObject) => textAt(pod, 'spec.nodeName') === node.metadata.name;
  const problems = store
    .list(PODS)
    .filter(isHere)
    .flatMap((pod) => evict(context, pod));
  if (!store.list(PODS).some(isHere)) return changed(context, machine, 'True', 'Drain finished successfully');
  return problems.length === 0 ? undefined : changed(context, machine, 'False', problems.join('; '));
}

/** @returns why the pod stays */
function evict({ store, now }: DrainContext, { metadata }: KubeObject): string[] {
  const { name, namespace } = metadata;
  if (metadata.deletionTimestamp !== undefined) return [];
  try {
    const target = { type: resourceType(PODS), namespace, name, subresource: undefined };
    evictPod(store, target, { now: now(), dryRun: false });
    return [];
  } catch (thrown) {
    if (!(thrown instanceof StatusError)) throw thrown;
    const causes = thrown.details?.causes?.map(({ message }) => message).join('; ');
    return [
      `error when evicting pod "${name}" in namespace "${namespace}": ${thrown.message} ${causes ?? ''}`.trim(),
    ];
  }
}

function changed(
  { now }: DrainContext,
  machine: KubeObject,
  status: Condition['status'],
  message: string,
): Condition | undefined {
  const known = conditionsOf(machine).find(({ type }) => type === 'Drained');
  if (known?.status === status && known.message === message) return undefined;
  const reason = status === 'False' ? { severity: 'Warning', reason: 'DrainError' } : {};
  return { type: 'Drained', status, message, lastTransitionTime: kubeTime(now()), ...reason };
}
