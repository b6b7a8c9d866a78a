import { clusterDomain } from '../../assets/sandbox-cluster.ts';
import type { InstalledCluster } from '../../cloud/cluster-folder.ts';
import { type Condition, type KubeObject, kubeTime } from '../objects/kube-object.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { newMetadata } from './machine-objects.ts';

const OPERATORS = [
  'authentication',
  'cloud-credential',
  'cluster-autoscaler',
  'console',
  'dns',
  'etcd',
  'image-registry',
  'ingress',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'machine-api',
  'machine-approver',
  'machine-config',
  'monitoring',
  'network',
  'node-tuning',
  'openshift-apiserver',
  'operator-lifecycle-manager',
  'storage',
];

/** The objects of config.openshift.io: what `oc get clusterversion` and `oc get co` show after an install. */
export function seedOperators(
  store: ObjectStore,
  { cluster, version, installedAt, mastersSchedulable }: InstalledCluster,
): void {
  const now = Date.parse(installedAt);
  const at = kubeTime(now);
  const condition = (type: string, status: Condition['status'], message?: string): Condition => ({
    type,
    status,
    lastTransitionTime: at,
    ...(message === undefined ? {} : { message }),
  });
  const put = (
    plural: string,
    kind: string,
    name: string,
    rest: Omit<KubeObject, 'apiVersion' | 'kind' | 'metadata'>,
  ) =>
    store.put(`${plural}.config.openshift.io`, {
      apiVersion: 'config.openshift.io/v1',
      kind,
      metadata: newMetadata(name, undefined, now),
      ...rest,
    });
  put('clusterversions', 'ClusterVersion', 'version', {
    spec: { channel: `stable-${version.split('.').slice(0, 2).join('.')}`, clusterID: cluster.clusterID },
    status: {
      conditions: [
        condition('Available', 'True', `Done applying ${version}`),
        condition('Failing', 'False'),
        condition('Progressing', 'False', `Cluster version is ${version}`),
      ],
      desired: { version, image: `quay.io/openshift-release-dev/ocp-release:${version}-x86_64` },
      history: [{ state: 'Completed', version, startedTime: at, completionTime: at, verified: false }],
      observedGeneration: 1,
    },
  });
  for (const name of OPERATORS)
    put('clusteroperators', 'ClusterOperator', name, {
      spec: {},
      status: {
        conditions: [
          condition('Degraded', 'False'),
          condition('Progressing', 'False'),
          condition('Available', 'True'),
          condition('Upgradeable', 'True'),
        ],
        versions: [{ name: 'operator', version }],
      },
    });
  const domain = clusterDomain(cluster);
  put('infrastructures', 'Infrastructure', 'cluster', {
    spec: { platformSpec: { type: cluster.platform === 'aws' ? 'AWS' : 'IBMCloud' } },
    status: {
      infrastructureName: cluster.infraID,
      platform: cluster.platform === 'aws' ? 'AWS' : 'IBMCloud',
      apiServerURL: `https://api.${domain}:6443`,
      apiServerInternalURI: `https://api-int.${domain}:6443`,
      controlPlaneTopology: cluster.controlPlane.replicas === 1 ? 'SingleReplica' : 'HighlyAvailable',
    },
  });
  put('schedulers', 'Scheduler', 'cluster', {
    spec: { mastersSchedulable, policy: { name: '' } },
    status: {},
  });
}
