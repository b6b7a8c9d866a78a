import type { FaultInput } from './faults.ts';

export interface FaultPreset {
  readonly description: string;
  readonly faults: readonly FaultInput[];
}

/** Named faults for `ocpctl sandbox faults set`. Those with `times: 1` let the next attempt succeed. */
export const FAULT_PRESETS = {
  capacity: {
    description: 'no machines of this type in the zone, once: exit 4, then a fresh attempt succeeds',
    faults: [{ stage: 'machines', kind: 'fail', failure: 'InsufficientInstanceCapacity', times: 1 }],
  },
  'no-capacity': {
    description: 'no machines of this type in the zone, always: every attempt exits 4',
    faults: [{ stage: 'machines', kind: 'fail', failure: 'InsufficientInstanceCapacity' }],
  },
  'vcpu-limit': {
    description: 'the vCPU limit of the account is reached: exit 4',
    faults: [{ stage: 'machines', kind: 'fail', failure: 'VcpuLimitExceeded' }],
  },
  quota: {
    description: 'the quota check fails: exit 1 before any infrastructure',
    faults: [{ stage: 'preflight', kind: 'fail', failure: 'MissingQuota' }],
  },
  throttling: {
    description: 'the cloud throttles the installer, once: exit 4',
    faults: [{ stage: 'infrastructure', kind: 'fail', failure: 'RequestLimitExceeded', times: 1 }],
  },
  credentials: {
    description: 'the access key is invalid: exit 1 before any infrastructure',
    faults: [{ stage: 'preflight', kind: 'fail', failure: 'InvalidClientTokenId' }],
  },
  permissions: {
    description: 'the principal may not create the network: exit 4',
    faults: [{ stage: 'infrastructure', kind: 'fail', failure: 'UnauthorizedOperation' }],
  },
  'base-domain': {
    description: 'the base domain has no public zone: exit 1 before any infrastructure',
    faults: [{ stage: 'preflight', kind: 'fail', failure: 'BaseDomainNotFound' }],
  },
  'install-config': {
    description: 'the installer rejects install-config.yaml: exit 3',
    faults: [{ stage: 'config', kind: 'fail', failure: 'InstallConfigInvalid' }],
  },
  'api-timeout': {
    description: 'the Kubernetes API does not come up: exit 5',
    faults: [{ stage: 'api', kind: 'fail', failure: 'KubeAPITimeout' }],
  },
  'bootstrap-timeout': {
    description: 'bootstrapping does not complete: exit 5',
    faults: [{ stage: 'bootstrap', kind: 'fail', failure: 'BootstrapTimeout' }],
  },
  'bootstrap-destroy': {
    description: 'the bootstrap machine cannot be removed, once: exit 1 with a complete cluster in the cloud',
    faults: [{ stage: 'bootstrap-destroy', kind: 'fail', failure: 'BootstrapDestroyFailed', times: 1 }],
  },
  operators: {
    description:
      'the authentication operator is degraded, once: exit 6, then wait-for install-complete succeeds',
    faults: [{ stage: 'initialize', kind: 'fail', failure: 'AuthenticationOperatorDegraded', times: 1 }],
  },
  unstable: {
    description: 'operators never stop progressing, once: exit 7',
    faults: [{ stage: 'stability', kind: 'fail', failure: 'OperatorsUnstable', times: 1 }],
  },
  hang: {
    description: 'the installer stops making progress while it provisions',
    faults: [{ stage: 'machines', kind: 'hang' }],
  },
  crash: {
    description: 'the installer dies while it provisions, once',
    faults: [{ stage: 'infrastructure', kind: 'crash', times: 1 }],
  },
  noise: {
    description: 'binary garbage, klog lines and a line of 1 MB in the log',
    faults: [
      { stage: 'infrastructure', kind: 'garbage' },
      { stage: 'machines', kind: 'klog' },
      { stage: 'bootstrap', kind: 'huge-line' },
    ],
  },
  stubborn: {
    description: 'the installer and its descendants ignore SIGTERM',
    faults: [
      { stage: 'start', kind: 'ignore-signals' },
      { stage: 'start', kind: 'stubborn-children' },
    ],
  },
  'lost-state': {
    description: 'the state file is deleted during the install, once',
    faults: [{ stage: 'infrastructure', kind: 'lose-state', times: 1 }],
  },
  undeletable: {
    description: 'the VPC cannot be deleted: destroy never ends',
    faults: [{ stage: 'destroy', kind: 'undeletable' }],
  },
  leak: {
    description: 'destroy reports success and leaves volumes, once',
    faults: [{ stage: 'destroy', kind: 'leak', times: 1 }],
  },
  'dns-leak': {
    description: 'destroy reports success and leaves DNS records, once',
    faults: [{ stage: 'destroy', kind: 'leak', types: ['route53:recordset', 'dns:record'], times: 1 }],
  },
  'lost-zone': {
    description:
      'the private DNS zone is deleted before a destroy, once: it reports success and leaves public records',
    faults: [{ stage: 'destroy', kind: 'lose-zone', times: 1 }],
  },
  untagged: {
    description: 'the IAM roles of a create have no tags, once: its destroy leaves them',
    faults: [{ stage: 'pre-provision', kind: 'untagged', times: 1 }],
  },
  'wrong-account': {
    description: 'destroy finds nothing and reports success, once',
    faults: [{ stage: 'destroy', kind: 'blind', times: 1 }],
  },
  'destroy-fails': {
    description: 'destroy fails after deleting half of the resources, once',
    faults: [{ stage: 'destroy-half', kind: 'fail', failure: 'DestroyFailed', times: 1 }],
  },
  late: {
    description: 'new resources appear in listings only after 5 seconds',
    faults: [{ stage: 'start', kind: 'late', seconds: 5, match: { command: 'create cluster' } }],
  },
  'throttled-read-back': {
    description: 'three listings by the control plane are throttled',
    faults: [{ stage: 'listing', kind: 'throttled', match: { command: 'read-back' }, times: 3 }],
  },
} as const satisfies Readonly<Record<string, FaultPreset>>;

export interface PresetLimits {
  /** Only for clusters of this name. */
  readonly clusterName?: string | undefined;
  /** How often each fault applies; overrides the count of the preset. */
  readonly times?: number | undefined;
}

/** The faults of a preset, each with the name of the preset. */
export function presetFaults(preset: FaultPresetName, { clusterName, times }: PresetLimits): FaultInput[] {
  const { faults }: FaultPreset = FAULT_PRESETS[preset];
  return faults.map((fault) => {
    // A listing covers the whole cloud, so it cannot be limited to a cluster.
    const only = clusterName === undefined || fault.stage === 'listing' ? {} : { clusterName };
    const match = { ...fault.match, ...only };
    return {
      ...fault,
      preset,
      ...(Object.keys(match).length > 0 ? { match } : {}),
      ...(times === undefined ? {} : { times }),
    };
  });
}

export type FaultPresetName = keyof typeof FAULT_PRESETS;

export function isFaultPreset(name: string): name is FaultPresetName {
  return Object.hasOwn(FAULT_PRESETS, name);
}
