import { type IpNetwork, parseNetwork } from '../../kernel/ip-network.ts';
import type {
  ClusterNetworkInput,
  InstallConfigInput,
  NetworkingInput,
  PoolInput,
} from './install-config-input.ts';
import type { InstallConfigProblem } from './install-config-problem.ts';
import {
  type ClusterNetwork,
  type EffectiveNetworking,
  type EffectivePool,
  PLATFORM_NAMES,
  type RuleContext,
} from './rule-context.ts';

/** The installer's defaults for absent fields. */
const DEFAULTS = {
  machine: '10.0.0.0/16',
  service: '172.30.0.0/16',
  cluster: { cidr: '10.128.0.0/14', hostPrefix: 23 },
  networkType: 'OVNKubernetes',
  replicas: 3,
  architecture: 'amd64',
  hyperthreading: 'Enabled',
  publish: 'External',
} as const;

/** @returns a copy without `null`, which the installer treats as absent. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => (child === null ? [] : [[key, withoutNulls(child)]])),
  );
}

/** Resolves deprecated names and defaults. The problems are networks that cannot be parsed. */
export function ruleContext(input: InstallConfigInput): {
  context: RuleContext;
  problems: InstallConfigProblem[];
} {
  const given = input.platform ?? {};
  const platforms = PLATFORM_NAMES.filter((name) => name in given);
  const { networking, problems } = effectiveNetworking(input.networking ?? {});
  const compute =
    input.compute === undefined || input.compute.length === 0 ? [{ name: 'worker' }] : input.compute;
  const context: RuleContext = {
    input,
    platform: platforms[0] ?? '',
    platforms,
    publish: input.publish || DEFAULTS.publish,
    credentialsMode: input.credentialsMode ?? '',
    networking,
    controlPlane: { ...effectivePool(input.controlPlane ?? {}), name: 'master' },
    compute: compute.map(effectivePool),
  };
  return { context, problems };
}

function effectivePool(pool: PoolInput): EffectivePool {
  return {
    ...pool,
    name: pool.name ?? '',
    replicas: pool.replicas ?? DEFAULTS.replicas,
    architecture: pool.architecture || DEFAULTS.architecture,
    hyperthreading: pool.hyperthreading || DEFAULTS.hyperthreading,
  };
}

function effectiveNetworking(input: NetworkingInput): {
  networking: EffectiveNetworking;
  problems: InstallConfigProblem[];
} {
  const problems: InstallConfigProblem[] = [];
  const read = (field: string, text: string | undefined): IpNetwork[] => {
    const parsed = parseNetwork(text ?? '');
    if (parsed !== undefined) return [parsed];
    problems.push({ field, type: 'FieldTypeInvalid', message: 'must be a network such as 10.0.0.0/16' });
    return [];
  };
  const machine = someOf(
    input.machineNetwork?.map(({ cidr }) => cidr),
    input.machineCIDR,
    DEFAULTS.machine,
  );
  const service = someOf(input.serviceNetwork, input.serviceCIDR, DEFAULTS.service);
  const cluster = clusterNetworksOf(input);
  const join = input.ovnKubernetesConfig?.ipv4?.internalJoinSubnet;
  const networking: EffectiveNetworking = {
    networkType: networkTypeOf(input),
    machine: machine.flatMap((text, i) => read(`networking.machineNetwork[${i}].cidr`, text)),
    service: service.flatMap((text, i) => read(`networking.serviceNetwork[${i}]`, text)),
    cluster: cluster.flatMap((entry, i) =>
      read(`networking.clusterNetwork[${i}].cidr`, entry.cidr).map((cidr) => clusterNetwork(cidr, entry)),
    ),
    mtu: input.clusterNetworkMTU ?? 0,
    joinSubnet:
      join === undefined
        ? undefined
        : read('networking.ovnKubernetesConfig.ipv4.internalJoinSubnet', join)[0],
  };
  return { networking, problems };
}

function someOf(
  list: readonly (string | undefined)[] | undefined,
  deprecated: string | undefined,
  fallback: string,
): readonly (string | undefined)[] {
  return list !== undefined && list.length > 0 ? list : [deprecated ?? fallback];
}

function clusterNetworksOf(input: NetworkingInput): readonly ClusterNetworkInput[] {
  for (const list of [input.clusterNetwork, input.clusterNetworks]) {
    if (list !== undefined && list.length > 0) return list;
  }
  return [DEFAULTS.cluster];
}

function clusterNetwork(
  cidr: IpNetwork,
  { hostPrefix, hostSubnetLength }: ClusterNetworkInput,
): ClusterNetwork {
  const converted =
    hostSubnetLength === undefined || hostSubnetLength === 0 ? 0 : cidr.address.bits - hostSubnetLength;
  return { cidr, hostPrefix: hostPrefix || converted };
}

function networkTypeOf(input: NetworkingInput): string {
  const given = input.networkType || input.type || DEFAULTS.networkType;
  return given.toLowerCase() === 'ovnkubernetes' ? 'OVNKubernetes' : given;
}
