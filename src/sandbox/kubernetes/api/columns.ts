import {
  conditionsOf,
  type Json,
  type KubeObject,
  listAt,
  numberAt,
  objectAt,
  textAt,
  valueAt,
} from '../objects/kube-object.ts';

/** A column of the Table that `kubectl get` prints. */
export interface ObjectColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: 0 | 1;
  readonly format?: 'name';
  cell(object: KubeObject, now: number): Json;
}

const text = (name: string, cell: ObjectColumn['cell'], priority: 0 | 1 = 0): ObjectColumn => ({
  name,
  type: 'string',
  priority,
  cell,
});
const fieldOf = (name: string, path: string, priority: 0 | 1 = 0): ObjectColumn =>
  text(name, (object) => valueAt(object, path) ?? '', priority);

export const NAME_COLUMN: ObjectColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  cell: ({ metadata }) => metadata.name,
};
/** Kubernetes sends an age as text; a CustomResourceDefinition sends the time, and kubectl makes it an age. */
const AGE = text('Age', ({ metadata }, now) => ageSince(metadata.creationTimestamp, now));

/** As `duration.HumanDuration` of apimachinery: at most two units. */
export function ageSince(since: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(since)) / 1000);
  if (seconds < 0) return seconds < -1 ? '<invalid>' : '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  return `${days}d`;
}

function conditionText(object: KubeObject, type: string): string {
  return conditionsOf(object).find((entry) => entry.type === type)?.status ?? '';
}

export const NAMESPACE_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  fieldOf('Status', 'status.phase'),
  AGE,
];

export const NODE_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  text('Status', (node) => {
    const ready = conditionText(node, 'Ready') === 'True' ? 'Ready' : 'NotReady';
    return valueAt(node, 'spec.unschedulable') === true ? `${ready},SchedulingDisabled` : ready;
  }),
  text('Roles', ({ metadata }) => {
    const prefix = 'node-role.kubernetes.io/';
    const roles = Object.keys(metadata.labels ?? {}).filter((key) => key.startsWith(prefix));
    return roles.length === 0
      ? '<none>'
      : roles
          .map((key) => key.slice(prefix.length))
          .sort()
          .join(',');
  }),
  AGE,
  fieldOf('Version', 'status.nodeInfo.kubeletVersion'),
  text('Internal-IP', (node) => addressOf(node, 'InternalIP'), 1),
  text('External-IP', (node) => addressOf(node, 'ExternalIP'), 1),
  fieldOf('OS-Image', 'status.nodeInfo.osImage', 1),
  fieldOf('Kernel-Version', 'status.nodeInfo.kernelVersion', 1),
  fieldOf('Container-Runtime', 'status.nodeInfo.containerRuntimeVersion', 1),
];

function addressOf(node: KubeObject, type: string): string {
  for (const entry of listAt(node, 'status.addresses')) {
    const address = objectAt({ entry }, 'entry');
    if (address['type'] === type) return String(address['address']);
  }
  return '<none>';
}

export const POD_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  text('Ready', (pod) => {
    const all = listAt(pod, 'spec.containers').length;
    return `${conditionText(pod, 'Ready') === 'True' ? all : 0}/${all}`;
  }),
  text('Status', (pod) =>
    pod.metadata.deletionTimestamp ? 'Terminating' : (textAt(pod, 'status.phase') ?? ''),
  ),
  text('Restarts', () => '0'),
  AGE,
  text('IP', (pod) => textAt(pod, 'status.podIP') ?? '<none>', 1),
  text('Node', (pod) => textAt(pod, 'spec.nodeName') ?? '<none>', 1),
  text('Nominated Node', () => '<none>', 1),
  text('Readiness Gates', () => '<none>', 1),
];

export const EVENT_COLUMNS: readonly ObjectColumn[] = [
  text('Last Seen', (event, now) =>
    ageSince(textAt(event, 'lastTimestamp') ?? event.metadata.creationTimestamp, now),
  ),
  fieldOf('Type', 'type'),
  fieldOf('Reason', 'reason'),
  text(
    'Object',
    (event) =>
      `${(textAt(event, 'involvedObject.kind') ?? '').toLowerCase()}/${textAt(event, 'involvedObject.name')}`,
  ),
  fieldOf('Subobject', 'involvedObject.fieldPath', 1),
  fieldOf('Source', 'source.component', 1),
  fieldOf('Message', 'message'),
  text(
    'First Seen',
    (event, now) => ageSince(textAt(event, 'firstTimestamp') ?? event.metadata.creationTimestamp, now),
    1,
  ),
  text('Count', (event) => String(numberAt(event, 'count') ?? 1), 1),
  { ...NAME_COLUMN, priority: 1 },
];

export const CSR_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  AGE,
  fieldOf('SignerName', 'spec.signerName'),
  fieldOf('Requestor', 'spec.username'),
  text('RequestedDuration', () => '<none>'),
  text('Condition', (csr) => {
    const types = conditionsOf(csr).map(({ type }) => type);
    if (types.length === 0) return 'Pending';
    return textAt(csr, 'status.certificate') ? [...types, 'Issued'].join(',') : types.join(',');
  }),
];

export const PDB_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  text('Min Available', (budget) => String(valueAt(budget, 'spec.minAvailable') ?? 'N/A')),
  text('Max Unavailable', (budget) => String(valueAt(budget, 'spec.maxUnavailable') ?? 'N/A')),
  {
    name: 'Allowed Disruptions',
    type: 'integer',
    priority: 0,
    cell: (budget) => numberAt(budget, 'status.disruptionsAllowed') ?? 0,
  },
  AGE,
];

export const WORKLOAD_COLUMNS: readonly ObjectColumn[] = [NAME_COLUMN, AGE];
