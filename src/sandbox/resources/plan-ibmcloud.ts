import { clusterDomain, type SandboxCluster } from '../assets/sandbox-cluster.ts';
import type { ResourceTags } from '../cloud/resource-filter.ts';
import type { NewResource } from '../cloud/simulated-cloud.ts';
import { deterministicHex, type ResourcePlan } from './resource-plan.ts';

/** The account in which all IBM Cloud resources of the sandbox live. */
export const SANDBOX_IBM_ACCOUNT = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
/** Numbers of the zones of a region. */
export const IBM_ZONES = ['1', '2', '3'] as const;

/** IBM Cloud tags are plain strings; this is the key of the installer's. */
function ibmCloudTags({ infraID }: Pick<SandboxCluster, 'infraID'>): ResourceTags {
  return { [`kubernetes.io-cluster-${infraID}`]: 'owned' };
}

/** The resources of an installer-provisioned cluster on IBM Cloud. */
export function planIbmCloud(cluster: SandboxCluster): ResourcePlan {
  const { infraID } = cluster;
  const domain = clusterDomain(cluster);
  const is = (kind: string, name: string) => resource(cluster, 'is', kind, name);
  const machine = (name: string) => planIbmCloudMachine(cluster, name);
  const record = (name: string): NewResource => ({ ...resource(cluster, 'dns', 'record', name), tags: {} });
  return {
    iam: [
      ...(cluster.resourceGroupName === undefined
        ? [resource(cluster, 'resource-controller', 'resource-group', infraID)]
        : []),
      resource(cluster, 'iam', 'authorization', `${infraID}-cos`),
    ],
    network: [
      resource(cluster, 'cos', 'instance', `${infraID}-cos`),
      is('image', `${infraID}-rhcos`),
      ...(cluster.network === undefined ? networkOf(cluster, is) : []),
      ...['cluster-wide', 'openshift-net', 'kube-api-lb', 'control-plane'].map((role) =>
        is('security-group', `${infraID}-sg-${role}`),
      ),
      is('load-balancer', `${infraID}-kubernetes-api-private`),
      ...(cluster.isPublic ? [is('load-balancer', `${infraID}-kubernetes-api-public`)] : []),
    ],
    dns: [record(`api-int.${domain}`), ...(cluster.isPublic ? [record(`api.${domain}`)] : [])],
    bootstrap: [
      resource(cluster, 'cos', 'bucket', `${infraID}-bootstrap-ignition`),
      is('floating-ip', `${infraID}-bootstrap-ip`),
      ...machine(`${infraID}-bootstrap`),
    ],
    controlPlane: Array.from({ length: cluster.controlPlane.replicas }, (_, i) =>
      machine(`${infraID}-master-${i}`),
    ).flat(),
    cluster: [
      ...Array.from({ length: cluster.workers.replicas }, (_, i) =>
        machine(`${infraID}-worker-${IBM_ZONES[i % 3]}-${deterministicHex(`${infraID}/worker/${i}`, 5)}`),
      ).flat(),
      is('load-balancer', `kube-${infraID}-router`),
      record(`*.apps.${domain}`),
    ],
  };
}

/** The resources of a machine: also of a worker that the cluster creates later. */
export function planIbmCloudMachine(cluster: SandboxCluster, name: string): NewResource[] {
  return [resource(cluster, 'is', 'instance', name), resource(cluster, 'is', 'volume', `${name}-boot`)];
}

/** Omitted for a cluster in an existing network: the installer neither tags nor owns any part of that network. */
function networkOf(
  { infraID, region }: SandboxCluster,
  is: (kind: string, name: string) => NewResource,
): NewResource[] {
  return [
    is('vpc', `${infraID}-vpc`),
    ...IBM_ZONES.map((zone) => is('public-gateway', `${infraID}-public-gateway-${region}-${zone}`)),
    ...IBM_ZONES.flatMap((zone) => [
      is('subnet', `${infraID}-subnet-control-plane-${region}-${zone}`),
      is('subnet', `${infraID}-subnet-compute-${region}-${zone}`),
    ]),
  ];
}

function resource(cluster: SandboxCluster, service: string, kind: string, name: string): NewResource {
  const { infraID, region } = cluster;
  const hex = deterministicHex(`${infraID}/${kind}/${name}`, 24);
  const id =
    service === 'is'
      ? `r014-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12)}`
      : `${service}-${kind}-${name}`;
  return {
    id,
    arn: `crn:v1:bluemix:public:${service}:${region}:a/${SANDBOX_IBM_ACCOUNT}::${kind}:${id}`,
    type: `${service}:${kind}`,
    region,
    name,
    tags: ibmCloudTags(cluster),
    infraId: infraID,
  };
}
