import type { V1LabelSelector, V1Pod, V1PodDisruptionBudget } from '@kubernetes/client-node';
import { type ClusterApi, ClusterApiError } from './cluster-api.ts';
import type { Machine, WorkerMachines } from './worker-machines.ts';

/** What holds a scale. The order is that of the failure when there are several. */
export const OBSTACLE_KINDS = ['capacity', 'machine', 'drain', 'certificate', 'node'] as const;
export interface Obstacle {
  readonly kind: (typeof OBSTACLE_KINDS)[number];
  readonly text: string;
  /** A failed machine never recovers, however long the wait. */
  readonly isFinal: boolean;
}

/** How AWS and IBM Cloud say that a zone has no capacity or an account is at its limit. */
const NO_CAPACITY =
  /capacity|VcpuLimitExceeded|InstanceLimitExceeded|MaxSpotInstanceCountExceeded|quota|not supported in your requested Availability Zone/i;
/** Each machine has it until its instance is gone. */
const OWN_FINALIZER = 'machine.machine.openshift.io';
const LISTED = 3;

/** @returns what holds the machines that are not as they should be; reads only what these need */
export async function findObstacles(api: ClusterApi, workers: WorkerMachines): Promise<Obstacle[]> {
  const leaving = workers.machines.filter(({ isDeleting }) => isDeleting);
  const coming = workers.machines.filter(({ isDeleting, node }) => !isDeleting && node?.isReady !== true);
  const drains = await Promise.all(leaving.map((machine) => drainObstacles(api, machine)));
  const warnings = coming.some(({ hasInstance }) => !hasInstance) ? await machineWarnings(api) : new Map();
  const arrivals = coming.flatMap((machine) => arrivalObstacles(machine, warnings.get(machine.name)));
  const certificates = coming.some(({ hasInstance }) => hasInstance) ? await pendingCertificates(api) : [];
  return [...drains.flat(), ...arrivals, ...certificates];
}

async function drainObstacles(api: ClusterApi, machine: Machine): Promise<Obstacle[]> {
  const obstacle = (text: string): Obstacle => ({ kind: 'drain', text, isFinal: false });
  const found = machine.hooks.map(({ name, owner }) =>
    obstacle(`lifecycle hook ${name}${owner === '' ? '' : ` of ${owner}`} holds machine ${machine.name}`),
  );
  const pods = machine.node === undefined ? [] : await orNothing(api.listPodsOf(machine.node.name));
  const budgets = pods.length === 0 ? [] : await orNothing(api.listDisruptionBudgets());
  for (const pod of pods.filter(isEvicted)) {
    const name = `${pod.metadata?.namespace}/${pod.metadata?.name}`;
    const budget = budgets.find((each) => (each.status?.disruptionsAllowed ?? 0) === 0 && covers(each, pod));
    if (budget !== undefined)
      found.push(
        obstacle(
          `pod disruption budget ${budget.metadata?.namespace}/${budget.metadata?.name} allows no eviction of pod ${name} on node ${machine.node?.name}`,
        ),
      );
    const { deletionTimestamp, finalizers = [] } = pod.metadata ?? {};
    if (deletionTimestamp !== undefined && finalizers.length > 0)
      found.push(
        obstacle(`finalizer ${finalizers.join(', ')} holds pod ${name} on node ${machine.node?.name}`),
      );
  }
  const drain = machine.conditions.find(({ type, status }) => type === 'Drained' && status === 'False');
  if (found.length === 0 && drain !== undefined && drain.message !== '') {
    const storage = /local storage|emptyDir/i.test(drain.message) ? ' (local storage)' : '';
    found.push(obstacle(`drain of machine ${machine.name}${storage}: ${drain.message}`));
  }
  const foreign = machine.finalizers.filter((name) => name !== OWN_FINALIZER);
  if (found.length === 0 && foreign.length > 0)
    found.push(obstacle(`finalizer ${foreign.join(', ')} holds machine ${machine.name}`));
  return found;
}

/** Pods of daemon sets and static pods stay on a node that is drained. */
function isEvicted({ metadata, status }: V1Pod): boolean {
  const isMirror = metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const ofDaemonSet = metadata?.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') ?? false;
  return !isMirror && !ofDaemonSet && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function covers({ metadata, spec }: V1PodDisruptionBudget, pod: V1Pod): boolean {
  if (metadata?.namespace !== pod.metadata?.namespace || spec?.selector === undefined) return false;
  return matches(spec.selector, pod.metadata?.labels ?? {});
}

function matches(
  { matchLabels = {}, matchExpressions = [] }: V1LabelSelector,
  labels: Record<string, string>,
) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      return (value !== undefined && values.includes(value)) === (operator === 'In');
    })
  );
}

function arrivalObstacles(machine: Machine, warning: string | undefined): Obstacle[] {
  const { name, zone, phase, error, conditions, hasInstance, node } = machine;
  const where = zone === undefined ? `machine ${name}` : `machine ${name} in zone ${zone}`;
  const kindOf = (text: string) => (NO_CAPACITY.test(text) ? 'capacity' : 'machine');
  if (phase === 'Failed') {
    const why = error ?? warning ?? 'no reason is given';
    return [{ kind: kindOf(why), text: `${where} failed: ${why}`, isFinal: true }];
  }
  if (!hasInstance) {
    const creation = conditions.find(({ type, status }) => type === 'MachineCreation' && status === 'False');
    const why = error ?? creation?.message ?? warning;
    return why === undefined
      ? []
      : [{ kind: kindOf(why), text: `${where} has no instance: ${why}`, isFinal: false }];
  }
  if (node === undefined)
    return [{ kind: 'node', text: `${where} has an instance but no node`, isFinal: false }];
  const why = node.why === '' ? '' : `: ${node.why}`;
  return [{ kind: 'node', text: `node ${node.name} is not ready${why}`, isFinal: false }];
}

async function machineWarnings(api: ClusterApi): Promise<Map<string, string>> {
  const events = await orNothing(api.listMachineWarnings());
  return new Map(events.map(({ involvedObject, message }) => [involvedObject.name ?? '', message ?? '']));
}

/** A node needs two: of its client, then of its server certificate. */
async function pendingCertificates(api: ClusterApi): Promise<Obstacle[]> {
  const pending = (await orNothing(api.listSigningRequests())).filter(
    ({ spec, status }) =>
      (status?.conditions ?? []).length === 0 &&
      ['kubernetes.io/kube-apiserver-client-kubelet', 'kubernetes.io/kubelet-serving'].includes(
        spec.signerName,
      ),
  );
  if (pending.length === 0) return [];
  const shown = pending.slice(0, LISTED).map(({ metadata, spec }) => `${metadata?.name} of ${spec.username}`);
  const more = pending.length > LISTED ? ` and ${pending.length - LISTED} more` : '';
  const text = `certificate signing requests wait for approval: ${shown.join(', ')}${more}`;
  return [{ kind: 'certificate', text, isFinal: false }];
}

/** What explains a wait must not end it: the user of the kubeconfig may not read it, or the server does not have it. */
async function orNothing<T>(listing: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await listing;
  } catch (error) {
    if (error instanceof ClusterApiError || (error instanceof Error && error.name === 'JobFailure'))
      return [];
    throw error;
  }
}
