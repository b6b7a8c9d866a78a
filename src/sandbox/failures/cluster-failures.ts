import type { SimulatedFailure } from './simulated-failure.ts';

/** Failures after the machines have started, and of a destroy. */
export const CLUSTER_FAILURES = {
  KubeAPITimeout: {
    stage: 'api',
    cause: (at) =>
      `Get "https://api.${at.clusterName}.${at.baseDomain}:6443/version": dial tcp 203.0.113.10:6443: i/o timeout`,
  },
  BootstrapTimeout: {
    stage: 'bootstrap',
    cause: () => 'timed out waiting for the condition',
    operators: { etcd: 'EtcdMembers_NoLeader' },
  },
  BootstrapDestroyFailed: {
    stage: 'bootstrap-destroy',
    cause: (at) =>
      `bootstrap machine openshift-cluster-api-guests/${at.infraId}-bootstrap was not deleted within 5m0s`,
  },
  AuthenticationOperatorDegraded: initialize({
    authentication: 'OAuthServerRouteEndpointAccessibleController_SyncError',
  }),
  IngressOperatorDegraded: initialize({ ingress: 'IngressDegraded' }),
  MonitoringOperatorUpdating: initialize({ monitoring: 'UpdatingPrometheusFailed' }),
  NoWorkerNodesReady: initialize({ 'machine-api': 'NoReadyWorkers', ingress: 'IngressUnavailable' }),
  OperatorsDegraded: initialize({
    'kube-apiserver': 'NodeController_MasterNodesReady',
    network: 'RolloutHung',
  }),
  OperatorsUnstable: {
    stage: 'stability',
    cause: () => 'operators are still progressing',
    operators: { 'kube-apiserver': 'NodeInstaller', network: 'Deploying' },
  },
  GatherFailed: {
    stage: 'gather',
    cause: () => 'failed to create SSH client: dial tcp 203.0.113.10:22: connect: connection timed out',
  },
  DestroyFailed: {
    stage: 'destroy-half',
    cause: () => 'failed to list resources: context deadline exceeded',
  },
  DestroyDeniedByShare: {
    stage: 'destroy',
    cause: (at) =>
      `subnet-0aa of ${at.infraId} is shared with another cluster: kubernetes.io/cluster/other-x2b4c: shared`,
  },
} as const satisfies Readonly<Record<string, SimulatedFailure>>;

function initialize(operators: Readonly<Record<string, string>>): SimulatedFailure {
  const names = Object.keys(operators);
  const verb = names.length === 1 ? 'Cluster operator' : 'Some cluster operators';
  const cause =
    names.length === 1
      ? `${verb} ${names[0]} is not available`
      : `${verb} are still updating: ${names.join(', ')}`;
  return { stage: 'initialize', cause: () => cause, operators };
}
