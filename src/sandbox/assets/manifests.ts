import { parseAllDocuments, stringify } from 'yaml';
import * as z from 'zod';
import {
  clusterDomain,
  machineSetName,
  type SandboxCluster,
  type SandboxPool,
  workerPools,
} from './sandbox-cluster.ts';
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

function machineDocuments(cluster: SandboxCluster): Record<string, object> {
  const { infraID, controlPlane, pools } = cluster;
  const documents: Record<string, object> = {};
  for (let i = 0; i < controlPlane.replicas; i++) {
    documents[`openshift/99_openshift-cluster-api_master-machines-${i}.yaml`] = kind(
      'machine.openshift.io/v1beta1',
      'Machine',
      `${infraID}-master-${i}`,
    );
  }
  for (const [i, pool] of [
    ...workerPools(cluster),
    ...pools.filter(({ role }) => role === 'edge'),
  ].entries()) {
    documents[`openshift/99_openshift-cluster-api_worker-machineset-${i}.yaml`] = machineSet(cluster, pool);
  }
  return documents;
}

const LABEL = 'machine.openshift.io/cluster-api';

/** As the installer writes it for AWS, reduced. */
function machineSet({ infraID, userTags }: SandboxCluster, pool: SandboxPool): object {
  const { role, zone, replicas, instanceType, labels: nodeLabels, taints } = pool;
  const name = machineSetName(infraID, pool);
  const labels = { [`${LABEL}-cluster`]: infraID, [`${LABEL}-machineset`]: name };
  const tags = { ...userTags, [`kubernetes.io/cluster/${infraID}`]: 'owned' };
  const value = {
    instanceType,
    placement: { region: zone.replace(/[a-z]$/, ''), availabilityZone: zone },
    blockDevices: [{ ebs: { encrypted: true, volumeSize: 120, volumeType: 'gp3' } }],
    tags: Object.entries(tags).map(([key, text]) => ({ name: key, value: text })),
  };
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'MachineSet',
    metadata: {
      name,
      namespace: 'openshift-machine-api',
      labels: { [`${LABEL}-cluster`]: infraID },
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels: { ...labels, [`${LABEL}-machine-role`]: role, [`${LABEL}-machine-type`]: role },
        },
        spec: {
          metadata: Object.keys(nodeLabels).length === 0 ? {} : { labels: nodeLabels },
          providerSpec: { value },
          ...(taints.length === 0 ? {} : { taints }),
        },
      },
    },
  };
}

const INSTALLERS_OWN = /\/99_openshift-cluster-api_worker-machineset-\d+\.yaml$/;
const machineSetSchema = z.looseObject({
  kind: z.literal('MachineSet'),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.looseObject({
    replicas: z.int(),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        metadata: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }).optional(),
        taints: z.array(z.object({ key: z.string(), effect: z.string() })).default([]),
        providerSpec: z.looseObject({
          value: z.looseObject({
            instanceType: z.string(),
            placement: z.looseObject({ availabilityZone: z.string() }),
          }),
        }),
      }),
    }),
  }),
});

/** The machine sets among manifests that the installer has not written. */
export function addedPools(manifests: Readonly<Record<string, string>>): SandboxPool[] {
  return Object.entries(manifests).flatMap(([path, text]) => {
    if (INSTALLERS_OWN.test(path) || !/\.(ya?ml|json)$/.test(path)) return [];
    return parseAllDocuments(text).flatMap((document) => {
      const parsed = machineSetSchema.safeParse('toJS' in document ? document.toJS() : undefined);
      if (!parsed.success) return [];
      const { metadata, spec } = parsed.data;
      const { providerSpec, metadata: ofNodes, taints } = spec.template.spec;
      const { instanceType, placement } = providerSpec.value;
      const zone = placement.availabilityZone;
      const name = metadata.name
        .slice((metadata.labels[`${LABEL}-cluster`] ?? '').length + 1)
        .replace(`-${zone}`, '');
      const role = spec.template.metadata.labels[`${LABEL}-machine-role`] ?? 'worker';
      const labels = ofNodes?.labels ?? {};
      return [{ name, role, zone, replicas: spec.replicas, instanceType, labels, taints }];
    });
  });
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
