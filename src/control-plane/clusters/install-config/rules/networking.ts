import { type IpNetwork, ipNetwork, isAligned, networksOverlap } from '../../../kernel/ip-network.ts';
import { type InstallConfigProblem, invalid } from '../install-config-problem.ts';
import type { ClusterNetwork, EffectiveNetworking, RuleContext } from '../rule-context.ts';

/** Networks that OVN-Kubernetes uses internally on each node. */
const OVN = {
  join: [ipNetwork('100.64.0.0/16'), ipNetwork('fd98::/64')],
  transit: [ipNetwork('100.88.0.0/16'), ipNetwork('fd97::/64')],
  masquerade: [ipNetwork('169.254.0.0/17'), ipNetwork('fd69::/112')],
};

const MTU = { min: 1000, max: 9001, ovnOverhead: 100 };

/** Rules on `networking`, except the IP families. */
export function networkingProblems({ networking, platform }: RuleContext): InstallConfigProblem[] {
  return [
    ...networkTypeProblems(networking.networkType),
    ...networking.machine.flatMap((cidr, index) => machineProblems(networking, cidr, index)),
    ...networking.service.flatMap((cidr, index) => serviceProblems(networking, cidr, index)),
    ...networking.cluster.flatMap((entry, index) => clusterProblems(networking, entry, index)),
    ...mtuProblems(networking, platform),
    ...joinSubnetProblems(networking),
  ];
}

function networkTypeProblems(networkType: string): InstallConfigProblem[] {
  const field = 'networking.networkType';
  return /^(kuryr|openshiftsdn)$/i.test(networkType)
    ? [invalid(field, 'is no longer supported; use OVNKubernetes')]
    : [];
}

function machineProblems(
  networking: EffectiveNetworking,
  cidr: IpNetwork,
  index: number,
): InstallConfigProblem[] {
  const field = `networking.machineNetwork[${index}]`;
  const fault = subnetFault(cidr);
  if (fault !== undefined) return [invalid(field, fault)];
  const earlier = networking.machine.slice(0, index).filter((other) => networksOverlap(cidr, other));
  return [
    ...ovnProblems(networking, cidr, field),
    ...earlier.map((other) => invalid(field, `must not overlap with machine network ${other.text}`)),
  ];
}

function serviceProblems(
  networking: EffectiveNetworking,
  cidr: IpNetwork,
  index: number,
): InstallConfigProblem[] {
  const field = `networking.serviceNetwork[${index}]`;
  const fault = subnetFault(cidr) ?? serviceSizeFault(cidr);
  if (fault !== undefined) return [invalid(field, fault)];
  const others = [...networking.machine, ...networking.service.slice(0, index)];
  return [
    ...ovnProblems(networking, cidr, field),
    ...others
      .filter((other) => networksOverlap(cidr, other))
      .map((other) => invalid(field, `must not overlap with ${other.text}`)),
  ];
}

function clusterProblems(
  networking: EffectiveNetworking,
  entry: ClusterNetwork,
  index: number,
): InstallConfigProblem[] {
  const field = `networking.clusterNetwork[${index}]`;
  const fault = subnetFault(entry.cidr);
  if (fault !== undefined) return [invalid(`${field}.cidr`, fault)];
  const earlier = networking.cluster.slice(0, index);
  const others = [...networking.machine, ...networking.service, ...earlier.map(({ cidr }) => cidr)];
  const prefixFault = hostPrefixFault(networking.networkType, entry, earlier);
  return [
    ...ovnProblems(networking, entry.cidr, `${field}.cidr`),
    ...others
      .filter((other) => networksOverlap(entry.cidr, other))
      .map((other) => invalid(`${field}.cidr`, `must not overlap with ${other.text}`)),
    ...(prefixFault === undefined ? [] : [invalid(`${field}.hostPrefix`, prefixFault)]),
  ];
}

function subnetFault(cidr: IpNetwork): string | undefined {
  if (cidr.address.value === 0n) return 'must not start at the unspecified address';
  return isAligned(cidr) ? undefined : `${cidr.text} has bits outside its prefix`;
}

function serviceSizeFault({ address, prefix }: IpNetwork): string | undefined {
  const longest = address.bits === 32 ? 12 : 108;
  return prefix < longest
    ? `must be /${longest} or smaller; /${address.bits === 32 ? 16 : 112} is usual`
    : undefined;
}

/** With other network plugins the host prefix is optional. */
function hostPrefixFault(
  networkType: string,
  { cidr, hostPrefix }: ClusterNetwork,
  earlier: readonly ClusterNetwork[],
): string | undefined {
  if (networkType !== 'OVNKubernetes' && hostPrefix === 0) return undefined;
  if (hostPrefix < 0) return 'must be positive';
  if (hostPrefix < cidr.prefix) return `must not be shorter than the prefix of ${cidr.text}`;
  if (cidr.address.bits === 128) return hostPrefix === 64 ? undefined : 'must be 64 for IPv6';
  const differs = earlier.some((other) => other.cidr.address.bits === 32 && other.hostPrefix !== hostPrefix);
  return differs ? 'must be the same for all IPv4 cluster networks' : undefined;
}

function ovnProblems(
  networking: EffectiveNetworking,
  cidr: IpNetwork,
  field: string,
): InstallConfigProblem[] {
  if (networking.networkType !== 'OVNKubernetes') return [];
  return Object.entries(OVN)
    .flatMap(([use, networks]) => networks.map((reserved) => ({ use, reserved })))
    .filter(
      ({ use, reserved }) =>
        !(use === 'join' && reserved.address.bits === 32 && networking.joinSubnet !== undefined),
    )
    .filter(({ reserved }) => networksOverlap(cidr, reserved))
    .map(({ use, reserved }) =>
      invalid(field, `must not overlap with the ${use} network ${reserved.text} of OVNKubernetes`),
    );
}

function mtuProblems({ mtu, networkType }: EffectiveNetworking, platform: string): InstallConfigProblem[] {
  if (mtu === 0) return [];
  const field = 'networking.clusterNetworkMTU';
  if (platform !== 'aws') return [invalid(field, 'is allowed on AWS only')];
  if (mtu > MTU.max) return [invalid(field, `must not exceed ${MTU.max}`)];
  if (mtu < MTU.min) return [invalid(field, `must be at least ${MTU.min}`)];
  if (networkType !== 'OVNKubernetes') return [invalid(field, `is not available with ${networkType}`)];
  const max = MTU.max - MTU.ovnOverhead;
  return mtu > max ? [invalid(field, `must not exceed ${max} with OVNKubernetes`)] : [];
}

function joinSubnetProblems(networking: EffectiveNetworking): InstallConfigProblem[] {
  const { joinSubnet } = networking;
  if (joinSubnet === undefined) return [];
  const field = 'networking.ovnKubernetesConfig.ipv4.internalJoinSubnet';
  const fault = subnetFault(joinSubnet);
  if (fault !== undefined) return [invalid(field, fault)];
  const others = [
    ...networking.cluster.map(({ cidr }) => cidr),
    ...networking.machine,
    ...networking.service,
  ];
  const problems = others
    .filter((other) => networksOverlap(joinSubnet, other))
    .map((other) => invalid(field, `must not overlap with ${other.text}`));
  if (networking.networkType !== 'OVNKubernetes') {
    problems.push(invalid('networking.networkType', 'ovnKubernetesConfig needs OVNKubernetes'));
  }
  if (maxNodes(networking.cluster) >= 2 ** (32 - joinSubnet.prefix) - 3) {
    problems.push(invalid(field, 'is too small for the number of nodes that the cluster networks allow'));
  }
  return problems;
}

function maxNodes(cluster: readonly ClusterNetwork[]): number {
  const ipv4 = cluster.filter(({ cidr }) => cidr.address.bits === 32);
  return ipv4.reduce((sum, { cidr, hostPrefix }) => sum + 2 ** Math.max(hostPrefix - cidr.prefix, 0), 0);
}
