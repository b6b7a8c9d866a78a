import { conditionsOf, listAt, textAt, valueAt } from '../objects/kube-object.ts';
import { ageSince, NAME_COLUMN, type ObjectColumn } from './columns.ts';

/** Columns of a CustomResourceDefinition: null where the field is absent. */
const custom = (
  name: string,
  path: string,
  type: ObjectColumn['type'] = 'string',
  priority: 0 | 1 = 0,
): ObjectColumn => ({
  name,
  type,
  priority,
  cell: (object) => valueAt(object, path) ?? null,
});
const CUSTOM_AGE: ObjectColumn = {
  name: 'Age',
  type: 'date',
  priority: 0,
  cell: ({ metadata }, now) => ageSince(metadata.creationTimestamp, now),
};

export const NAME_AND_AGE: readonly ObjectColumn[] = [NAME_COLUMN, CUSTOM_AGE];

/** The additionalPrinterColumns of OpenShift's CustomResourceDefinitions. */
export const MACHINE_SET_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  custom('Desired', 'spec.replicas', 'integer'),
  custom('Current', 'status.replicas', 'integer'),
  custom('Ready', 'status.readyReplicas', 'integer'),
  custom('Available', 'status.availableReplicas', 'string'),
  CUSTOM_AGE,
];

const label = (name: string, key: string): ObjectColumn => ({
  name,
  type: 'string',
  priority: 0,
  cell: ({ metadata }) => metadata.labels?.[key] ?? null,
});

export const MACHINE_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  custom('Phase', 'status.phase'),
  label('Type', 'machine.openshift.io/instance-type'),
  label('Region', 'machine.openshift.io/region'),
  label('Zone', 'machine.openshift.io/zone'),
  CUSTOM_AGE,
  custom('Node', 'status.nodeRef.name', 'string', 1),
  custom('ProviderID', 'spec.providerID', 'string', 1),
  {
    name: 'State',
    type: 'string',
    priority: 1,
    cell: ({ metadata }) => metadata.annotations?.['machine.openshift.io/instance-state'] ?? null,
  },
];

const conditionColumn = (
  name: string,
  type: string,
  field: 'status' | 'message' = 'status',
): ObjectColumn => ({
  name,
  type: 'string',
  priority: 0,
  cell: (object) => conditionsOf(object).find((entry) => entry.type === type)?.[field] ?? null,
});
const since = (type: string): ObjectColumn => ({
  name: 'Since',
  type: 'date',
  priority: 0,
  cell(object, now) {
    const at = conditionsOf(object).find((entry) => entry.type === type)?.lastTransitionTime;
    return at === undefined ? null : ageSince(at, now);
  },
});

export const CLUSTER_VERSION_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  {
    name: 'Version',
    type: 'string',
    priority: 0,
    cell: (object) => textAt({ first: listAt(object, 'status.history')[0] }, 'first.version') ?? null,
  },
  conditionColumn('Available', 'Available'),
  conditionColumn('Progressing', 'Progressing'),
  since('Progressing'),
  conditionColumn('Status', 'Progressing', 'message'),
];

export const CLUSTER_OPERATOR_COLUMNS: readonly ObjectColumn[] = [
  NAME_COLUMN,
  {
    name: 'Version',
    type: 'string',
    priority: 0,
    cell: (object) => textAt({ first: listAt(object, 'status.versions')[0] }, 'first.version') ?? null,
  },
  conditionColumn('Available', 'Available'),
  conditionColumn('Progressing', 'Progressing'),
  conditionColumn('Degraded', 'Degraded'),
  since('Available'),
  conditionColumn('Message', 'Degraded', 'message'),
];
