import type { SandboxCluster } from '../../assets/sandbox-cluster.ts';
import type { InstalledCluster } from '../../cloud/cluster-folder.ts';
import { kubernetesRelease } from '../api/server-version.ts';
import { type Condition, type KubeObject, kubeTime, listAt, objectAt } from '../objects/kube-object.ts';
import {
  isMaster,
  MACHINE_API,
  MACHINE_GROUP,
  newMetadata,
  nodeAddress,
  nodeNameOf,
} from './machine-objects.ts';

export const NODES = 'nodes';
const RESOURCES = { cpu: '4', memory: '16Gi', pods: '250', 'ephemeral-storage': '125293548Ki' } as const;
const KERNEL = '5.14.0-570.49.1.el9_6.x86_64';

/** A node that has just joined and is not ready. */
export function newNode(
  cluster: SandboxCluster,
  machine: KubeObject,
  {
    version,
    mastersSchedulable,
    now,
  }: Pick<InstalledCluster, 'version' | 'mastersSchedulable'> & { readonly now: number },
): KubeObject {
  const name = nodeNameOf(cluster, machine.metadata.name);
  const labels = machine.metadata.labels ?? {};
  const schedulable = !isMaster(machine) || mastersSchedulable;
  const taints = schedulable
    ? listAt(machine, 'spec.taints')
    : [{ effect: 'NoSchedule', key: 'node-role.kubernetes.io/master' }];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      ...newMetadata(name, undefined, now),
      annotations: { [`${MACHINE_GROUP}/machine`]: `${MACHINE_API}/${machine.metadata.name}` },
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node.kubernetes.io/instance-type': labels[`${MACHINE_GROUP}/instance-type`] ?? '',
        'topology.kubernetes.io/region': labels[`${MACHINE_GROUP}/region`] ?? '',
        'topology.kubernetes.io/zone': labels[`${MACHINE_GROUP}/zone`] ?? '',
        ...(isMaster(machine)
          ? { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/master': '' }
          : {}),
        ...(schedulable ? { 'node-role.kubernetes.io/worker': '' } : {}),
        ...objectAt(machine, 'spec', 'metadata', 'labels'),
      },
    },
    spec: taints.length === 0 ? {} : { taints },
    status: {
      addresses: [
        { type: 'InternalIP', address: nodeAddress(machine.metadata.name) },
        { type: 'Hostname', address: name },
      ],
      allocatable: RESOURCES,
      capacity: RESOURCES,
      conditions: readyConditions(false, now),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: machine.metadata.uid,
        containerRuntimeVersion: `cri-o://${kubernetesRelease(version)}`,
        kernelVersion: KERNEL,
        kubeProxyVersion: '',
        kubeletVersion: `v${kubernetesRelease(version)}`,
        machineID: machine.metadata.uid.replaceAll('-', ''),
        operatingSystem: 'linux',
        osImage: 'Red Hat Enterprise Linux CoreOS 9.6 (sandbox)',
        systemUUID: machine.metadata.uid,
      },
    },
  };
}

/** The conditions that the kubelet reports. */
export function readyConditions(isReady: boolean, now: number): Condition[] {
  const at = kubeTime(now);
  const pressure = (type: string, reason: string, message: string): Condition => ({
    type,
    status: 'False',
    reason,
    message,
    lastTransitionTime: at,
  });
  const ready: Condition = isReady
    ? {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'kubelet is posting ready status',
        lastTransitionTime: at,
      }
    : {
        type: 'Ready',
        status: 'False',
        reason: 'KubeletNotReady',
        message: 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady',
        lastTransitionTime: at,
      };
  return [
    pressure('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    pressure('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    pressure('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    ready,
  ];
}
