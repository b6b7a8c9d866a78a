import type { ObjectColumn } from './columns.ts';
import {
  CSR_COLUMNS,
  EVENT_COLUMNS,
  NAMESPACE_COLUMNS,
  NODE_COLUMNS,
  PDB_COLUMNS,
  POD_COLUMNS,
  WORKLOAD_COLUMNS,
} from './columns.ts';
import {
  CLUSTER_OPERATOR_COLUMNS,
  CLUSTER_VERSION_COLUMNS,
  MACHINE_COLUMNS,
  MACHINE_SET_COLUMNS,
  NAME_AND_AGE,
} from './openshift-columns.ts';

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';
export type Subresource = 'status' | 'scale' | 'approval' | 'eviction';

export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  /** Defined by a CustomResourceDefinition: no strategic patches, and an update needs a resource version. */
  readonly isCustom: boolean;
  /** Fields besides name and namespace by which objects can be selected. */
  readonly selectableFields: readonly string[];
  readonly columns: readonly ObjectColumn[];
  /** Why it cannot be created, though a real cluster would allow it. */
  readonly refusal?: string;
}

const READ: readonly Verb[] = ['get', 'list', 'watch'];
const ALL: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];
const NO_WORKLOADS = 'the sandbox runs no workloads: nothing would run it';

type Given = Pick<ResourceType, 'kind' | 'plural' | 'columns'> & Partial<ResourceType>;

function typesOf(group: string, version: string, shared: Partial<ResourceType>, given: readonly Given[]) {
  return given.map(
    (type): ResourceType => ({
      group,
      version,
      singular: type.kind.toLowerCase(),
      shortNames: [],
      categories: [],
      namespaced: true,
      verbs: READ,
      subresources: [],
      isCustom: false,
      selectableFields: [],
      ...shared,
      ...type,
    }),
  );
}

const EVENT_FIELDS = ['kind', 'name', 'namespace', 'uid', 'apiVersion', 'fieldPath']
  .map((field) => `involvedObject.${field}`)
  .concat('reason', 'type', 'source', 'reportingComponent');

/** Everything that the API of a sandbox cluster has, in order of discovery. */
export const RESOURCE_TYPES: readonly ResourceType[] = [
  ...typesOf('', 'v1', {}, [
    {
      kind: 'Event',
      plural: 'events',
      shortNames: ['ev'],
      columns: EVENT_COLUMNS,
      selectableFields: EVENT_FIELDS,
    },
    {
      kind: 'Namespace',
      plural: 'namespaces',
      shortNames: ['ns'],
      namespaced: false,
      columns: NAMESPACE_COLUMNS,
    },
    {
      kind: 'Node',
      plural: 'nodes',
      shortNames: ['no'],
      namespaced: false,
      verbs: ['delete', 'get', 'list', 'patch', 'update', 'watch'],
      subresources: ['status'],
      selectableFields: ['spec.unschedulable'],
      columns: NODE_COLUMNS,
    },
    {
      kind: 'Pod',
      plural: 'pods',
      shortNames: ['po'],
      categories: ['all'],
      verbs: ['create', 'delete', 'get', 'list', 'watch'],
      subresources: ['eviction'],
      selectableFields: ['spec.nodeName', 'status.phase', 'spec.restartPolicy', 'status.podIP'],
      columns: POD_COLUMNS,
      refusal: NO_WORKLOADS,
    },
    {
      kind: 'Service',
      plural: 'services',
      shortNames: ['svc'],
      categories: ['all'],
      verbs: ['create', 'get', 'list', 'watch'],
      columns: WORKLOAD_COLUMNS,
      refusal: NO_WORKLOADS,
    },
  ]),
  ...typesOf(
    'apps',
    'v1',
    {
      verbs: ['create', 'get', 'list', 'watch'],
      categories: ['all'],
      columns: WORKLOAD_COLUMNS,
      refusal: NO_WORKLOADS,
    },
    [
      { kind: 'DaemonSet', plural: 'daemonsets', shortNames: ['ds'], columns: WORKLOAD_COLUMNS },
      { kind: 'Deployment', plural: 'deployments', shortNames: ['deploy'], columns: WORKLOAD_COLUMNS },
      { kind: 'ReplicaSet', plural: 'replicasets', shortNames: ['rs'], columns: WORKLOAD_COLUMNS },
      { kind: 'StatefulSet', plural: 'statefulsets', shortNames: ['sts'], columns: WORKLOAD_COLUMNS },
    ],
  ),
  ...typesOf('certificates.k8s.io', 'v1', { namespaced: false }, [
    {
      kind: 'CertificateSigningRequest',
      plural: 'certificatesigningrequests',
      shortNames: ['csr'],
      verbs: ['delete', 'get', 'list', 'patch', 'update', 'watch'],
      subresources: ['approval', 'status'],
      selectableFields: ['spec.signerName'],
      columns: CSR_COLUMNS,
    },
  ]),
  ...typesOf('policy', 'v1', { verbs: ALL }, [
    {
      kind: 'PodDisruptionBudget',
      plural: 'poddisruptionbudgets',
      shortNames: ['pdb'],
      subresources: ['status'],
      columns: PDB_COLUMNS,
    },
  ]),
  ...typesOf('config.openshift.io', 'v1', { namespaced: false, isCustom: true }, [
    {
      kind: 'ClusterOperator',
      plural: 'clusteroperators',
      shortNames: ['co'],
      columns: CLUSTER_OPERATOR_COLUMNS,
    },
    { kind: 'ClusterVersion', plural: 'clusterversions', columns: CLUSTER_VERSION_COLUMNS },
    { kind: 'Infrastructure', plural: 'infrastructures', columns: NAME_AND_AGE },
    { kind: 'Scheduler', plural: 'schedulers', columns: NAME_AND_AGE },
  ]),
  ...typesOf('machine.openshift.io', 'v1beta1', { verbs: ALL, isCustom: true }, [
    { kind: 'Machine', plural: 'machines', subresources: ['status'], columns: MACHINE_COLUMNS },
    {
      kind: 'MachineSet',
      plural: 'machinesets',
      subresources: ['scale', 'status'],
      columns: MACHINE_SET_COLUMNS,
    },
  ]),
];

/** The key of a resource in the store. */
export function storeKey({ group, plural }: Pick<ResourceType, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** @throws TypeError for a resource that is not in the table */
export function resourceType(key: string): ResourceType {
  const found = RESOURCE_TYPES.find((type) => storeKey(type) === key);
  if (found === undefined) throw new TypeError(`no resource ${key}`);
  return found;
}

export function apiVersionOf({ group, version }: Pick<ResourceType, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
