import { randomUUID } from 'node:crypto';
import type { SandboxCluster, SandboxPool } from '../../assets/sandbox-cluster.ts';
import { deterministicHex } from '../../resources/resource-plan.ts';
import { type JsonObject, type KubeObject, kubeTime, objectAt } from '../objects/kube-object.ts';

export const MACHINES = 'machines.machine.openshift.io';
export const MACHINE_SETS = 'machinesets.machine.openshift.io';
export const MACHINE_API = 'openshift-machine-api';
export const MACHINE_GROUP = 'machine.openshift.io';
/** Holds a deleted machine until its instance is gone. */
export const MACHINE_FINALIZER = 'machine.machine.openshift.io';

interface MachinePlacement {
  readonly role: string;
  readonly zone: string;
  readonly instanceType: string;
}

/** Metadata of a new object. */
export function newMetadata(
  name: string,
  namespace: string | undefined,
  now: number,
): KubeObject['metadata'] {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid: randomUUID(),
    resourceVersion: '',
    generation: 1,
    creationTimestamp: kubeTime(now),
  };
}

function providerSpec(cluster: SandboxCluster, { role, zone, instanceType }: MachinePlacement): JsonObject {
  const { infraID, region, platform } = cluster;
  const credentialsSecret = { name: `${platform}-cloud-credentials` };
  if (platform === 'ibmcloud')
    return {
      value: {
        apiVersion: 'ibmcloudproviderconfig.openshift.io/v1beta1',
        kind: 'IBMCloudMachineProviderSpec',
        credentialsSecret,
        image: `${infraID}-rhcos`,
        profile: instanceType,
        region,
        zone,
        vpc: cluster.network?.vpcName ?? `${infraID}-vpc`,
      },
    };
  return {
    value: {
      apiVersion: 'machine.openshift.io/v1beta1',
      kind: 'AWSMachineProviderConfig',
      credentialsSecret,
      iamInstanceProfile: { id: `${infraID}-${role === 'master' ? role : 'worker'}-profile` },
      instanceType,
      placement: { availabilityZone: zone, region },
      tags: Object.entries({ ...cluster.userTags, [`kubernetes.io/cluster/${infraID}`]: 'owned' }).map(
        ([name, value]) => ({ name, value }),
      ),
    },
  };
}

function clusterLabels({ infraID }: SandboxCluster, role: string): Record<string, string> {
  return {
    [`${MACHINE_GROUP}/cluster-api-cluster`]: infraID,
    [`${MACHINE_GROUP}/cluster-api-machine-role`]: role,
    [`${MACHINE_GROUP}/cluster-api-machine-type`]: role,
  };
}

/** A MachineSet as the installer makes one in each zone. @param pool its name is that of the set */
export function newMachineSet(cluster: SandboxCluster, pool: SandboxPool, now: number): KubeObject {
  const { name, role, replicas, labels, taints } = pool;
  const selector = {
    [`${MACHINE_GROUP}/cluster-api-cluster`]: cluster.infraID,
    [`${MACHINE_GROUP}/cluster-api-machineset`]: name,
  };
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'MachineSet',
    metadata: {
      ...newMetadata(name, MACHINE_API, now),
      labels: { [`${MACHINE_GROUP}/cluster-api-cluster`]: cluster.infraID },
    },
    spec: {
      replicas,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: { ...clusterLabels(cluster, role), ...selector } },
        spec: {
          lifecycleHooks: {},
          metadata: Object.keys(labels).length === 0 ? {} : { labels: { ...labels } },
          providerSpec: providerSpec(cluster, pool),
          ...(taints.length === 0 ? {} : { taints: taints.map((taint) => ({ ...taint })) }),
        },
      },
    },
    status: { replicas: 0, observedGeneration: 0 },
  };
}

/** A machine of the control plane, which no MachineSet owns. */
export function newMaster(cluster: SandboxCluster, name: string, zone: string, now: number): KubeObject {
  const { instanceType } = cluster.controlPlane;
  const placement = { role: 'master', zone, instanceType };
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'Machine',
    metadata: {
      ...newMetadata(name, MACHINE_API, now),
      finalizers: [MACHINE_FINALIZER],
      labels: { ...clusterLabels(cluster, 'master'), ...zoneLabels(cluster, placement) },
    },
    spec: { lifecycleHooks: {}, metadata: {}, providerSpec: providerSpec(cluster, placement) },
  };
}

/** A machine that a MachineSet creates from its template. */
export function newMachineOf(machineSet: KubeObject, name: string, now: number): KubeObject {
  const template = objectAt(machineSet, 'spec', 'template');
  const labels = objectAt(template, 'metadata', 'labels') as Record<string, string>;
  const { name: owner, uid } = machineSet.metadata;
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'Machine',
    metadata: {
      ...newMetadata(name, MACHINE_API, now),
      generateName: `${owner}-`,
      finalizers: [MACHINE_FINALIZER],
      labels,
      ownerReferences: [
        {
          apiVersion: machineSet.apiVersion,
          kind: machineSet.kind,
          name: owner,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: objectAt(template, 'spec'),
  };
}

/** Labels that a machine gets when its instance exists. */
export function zoneLabels(
  cluster: SandboxCluster,
  { zone, instanceType }: Omit<MachinePlacement, 'role'>,
): Record<string, string> {
  return {
    [`${MACHINE_GROUP}/instance-type`]: instanceType,
    [`${MACHINE_GROUP}/region`]: cluster.region,
    [`${MACHINE_GROUP}/zone`]: zone,
  };
}

/** An address in the machine network that depends only on the name. */
export function nodeAddress(machine: string): string {
  const hex = deterministicHex(`${machine}/address`, 4);
  const third = Number.parseInt(hex.slice(0, 2), 16) % 128;
  const fourth = 4 + (Number.parseInt(hex.slice(2), 16) % 250);
  return `10.0.${third}.${fourth}`;
}

export function nodeNameOf(cluster: SandboxCluster, machine: string): string {
  if (cluster.platform === 'ibmcloud') return machine;
  return `ip-${nodeAddress(machine).replaceAll('.', '-')}.${cluster.region}.compute.internal`;
}

export function isMaster(machine: KubeObject): boolean {
  return machine.metadata.labels?.[`${MACHINE_GROUP}/cluster-api-machine-role`] === 'master';
}
