import { stringify } from 'yaml';
import { clusterDomain, type SandboxCluster } from './sandbox-cluster.ts';
import { hashPassword } from './secrets.ts';
import type { FullState } from './state-file.ts';

/** Folders that `create manifests` writes and that later commands consume. */
export const MANIFEST_FOLDERS = ['manifests', 'openshift'] as const;

/** The files of `create manifests`, reduced to the fields that a reader or a patch may use. */
export function renderManifests(cluster: SandboxCluster, state: FullState): Record<string, string> {
  const documents: Record<string, object> = {
    'manifests/cluster-config.yaml': configMap('cluster-config-v1', 'kube-system'),
    'manifests/cluster-dns-02-config.yml': {
      ...kind('config.openshift.io/v1', 'DNS', 'cluster'),
      spec: { baseDomain: clusterDomain(cluster) },
    },
    'manifests/cluster-infrastructure-02-config.yml': {
      ...kind('config.openshift.io/v1', 'Infrastructure', 'cluster'),
      status: {
        infrastructureName: cluster.infraID,
        apiServerURL: `https://api.${clusterDomain(cluster)}:6443`,
      },
    },
    'manifests/cluster-ingress-02-config.yml': {
      ...kind('config.openshift.io/v1', 'Ingress', 'cluster'),
      spec: { domain: `apps.${clusterDomain(cluster)}` },
    },
    'manifests/cluster-network-02-config.yml': kind('config.openshift.io/v1', 'Network', 'cluster'),
    'manifests/cluster-scheduler-02-config.yml': {
      ...kind('config.openshift.io/v1', 'Scheduler', 'cluster'),
      spec: { mastersSchedulable: cluster.workers.replicas === 0 },
    },
    'manifests/cvo-overrides.yaml': {
      ...kind('config.openshift.io/v1', 'ClusterVersion', 'version'),
      spec: { clusterID: cluster.clusterID },
    },
    'manifests/openshift-config-secret-pull-secret.yaml': {
      ...kind('v1', 'Secret', 'pull-secret'),
      stringData: { '.dockerconfigjson': state['*installconfig.InstallConfig'].config['pullSecret'] },
    },
    'openshift/99_kubeadmin-password-secret.yaml': {
      ...kind('v1', 'Secret', 'kubeadmin'),
      stringData: { kubeadmin: hashPassword(state['*password.KubeadminPassword'].Password) },
    },
    'openshift/99_openshift-machineconfig_99-master-ssh.yaml': kind(
      'machineconfiguration.openshift.io/v1',
      'MachineConfig',
      '99-master-ssh',
    ),
    ...machineDocuments(cluster),
    ...clusterApiDocuments(cluster),
  };
  return Object.fromEntries(Object.entries(documents).map(([name, document]) => [name, stringify(document)]));
}

function machineDocuments({
  infraID,
  controlPlane,
  workers,
  region,
}: SandboxCluster): Record<string, object> {
  const documents: Record<string, object> = {};
  for (let i = 0; i < controlPlane.replicas; i++) {
    documents[`openshift/99_openshift-cluster-api_master-machines-${i}.yaml`] = kind(
      'machine.openshift.io/v1beta1',
      'Machine',
      `${infraID}-master-${i}`,
    );
  }
  for (const [i, zone] of ['a', 'b', 'c'].entries()) {
    const replicas = Math.floor(workers.replicas / 3) + (i < workers.replicas % 3 ? 1 : 0);
    documents[`openshift/99_openshift-cluster-api_worker-machineset-${i}.yaml`] = {
      ...kind('machine.openshift.io/v1beta1', 'MachineSet', `${infraID}-worker-${region}${zone}`),
      spec: {
        replicas,
        template: { spec: { providerSpec: { value: { instanceType: workers.instanceType } } } },
      },
    };
  }
  return documents;
}

function clusterApiDocuments({ infraID, platform }: SandboxCluster): Record<string, object> {
  const infraKind = platform === 'aws' ? 'AWSCluster' : 'IBMVPCCluster';
  const infraVersion = 'infrastructure.cluster.x-k8s.io/v1beta2';
  return {
    'cluster-api/000_capi-namespace.yaml': kind('v1', 'Namespace', 'openshift-cluster-api-guests'),
    'cluster-api/01_capi-cluster.yaml': kind('cluster.x-k8s.io/v1beta1', 'Cluster', infraID),
    'cluster-api/02_infra-cluster.yaml': kind(infraVersion, infraKind, infraID),
    'cluster-api/machines/10_inframachine_bootstrap.yaml': kind(
      infraVersion,
      infraKind.replace('Cluster', 'Machine'),
      `${infraID}-bootstrap`,
    ),
  };
}

function configMap(name: string, namespace: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
}

function kind(apiVersion: string, name: string, objectName: string) {
  return { apiVersion, kind: name, metadata: { name: objectName } };
}
