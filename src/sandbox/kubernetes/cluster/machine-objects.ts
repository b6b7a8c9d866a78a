import { randomUUID } from 'node:crypto';
import type { SandboxCluster } from '../../assets/sandbox-cluster.ts';
import { deterministicHex } from '../../resources/resource-plan.ts';
import { type JsonObject, type KubeObject, kubeTime, objectAt } from '../objects/kube-object.ts';

export const MACHINES = 'machines.machine.openshift.io';
export const MACHINE_SETS = 'machinesets.machine.openshift.io';
export const MACHINE_API = 'openshift-machine-api';
export const MACHINE_GROUP = 'machine.openshift.io';
/** Holds a deleted machine until its instance is gone. */
export const MACHINE_FINALIZER = 'machine.machine.openshift.io';

export type MachineRole = 'master' | 'worker';

interface MachinePlacement {
  readonly role: MachineRole;
  readonly zone: string;
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

function instanceTypeOf(cluster: SandboxCluster, role: MachineRole): string {
  return role === 'master' ? cluster.controlPlane.instanceType : cluster.workers.instanceType;
}

function providerSpec(cluster: SandboxCluster, { role, zone }: MachinePlacement): JsonObject {
  const { infraID, region, platform } = cluster;
  const credentialsSecret = { name: `${platform}-cloud-credentials` };
  if (platform === 'ibmcloud')
    return {
      value: {
        apiVersion: 'ibmcloudproviderconfig.openshift.io/v1beta1',
        kind: 'IBMCloudMachineProviderSpec',
        credentialsSecret,
        image: `${infraID}-rhcos`,
        profile: instanceTypeOf(cluster, role),
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
      iamInstanceProfile: { id: `${infraID}-${role}-profile` },
      instanceType: instanceTypeOf(cluster, role),
      placement: { availabilityZone: zone, region },
      tags: Object.entries({ ...cluster.userTags, [`kubernetes.io/cluster/${infraID}`]: 'owned' }).map(
        ([name, value]) => ({ name, value }),
      ),
    },
  };
}

function clusterLabels({ infraID }: SandboxCluster, { role }: MachinePlacement): Record<string, string> {
  return {
    [`${MACHINE_GROUP}/cluster-api-cluster`]: infraID,
    [`${MACHINE_GROUP}/cluster-api-machine-role`]: role,
    [`${MACHINE_GROUP}/cluster-api-machine-type`]: role,
  };
}

/** A MachineSet as the installer makes one in each zone. */
export function newMachineSet(
  cluster: SandboxCluster,
  { name, zone, replicas }: { readonly name: string; readonly zone: string; readonly replicas: number },
  now: number,
): KubeObject {
  const placement = { role: 'worker', zone } as const;
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
        metadata: { labels: { ...clusterLabels(cluster, placement), ...selector } },
        spec: { lifecycleHooks: {}, metadata: {}, providerSpec: providerSpec(cluster, placement) },
      },
    },
    status: { replicas: 0, observedGeneration: 0 },
  };
}

/** A machine of the control plane, which no MachineSet owns. */
export function newMaster(cluster: SandboxCluster, name: string, zone: string, now: number): KubeObject {
  const placement = { role: 'master', zone } as const;
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'Machine',
    metadata: {
      ...newMetadata(name, MACHINE_API, now),
      finalizers: [MACHINE_FINALIZER],
      labels: { ...clusterLabels(cluster, placement), ...zoneLabels(cluster, placement) },
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
  { role, zone }: MachinePlacement,
): Record<string, string> {
  return {
    [`${MACHINE_GROUP}/instance-type`]: instanceTypeOf(cluster, role),
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
