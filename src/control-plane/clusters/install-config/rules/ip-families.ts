import type { IpNetwork } from '../../../kernel/ip-network.ts';
import { type InstallConfigProblem, invalid } from '../install-config-problem.ts';
import type { EffectiveNetworking, RuleContext } from '../rule-context.ts';

const DUAL_STACK = ['baremetal', 'vsphere', 'openstack', 'ovirt', 'nutanix', 'none', 'external'];
const IPV6_FIRST = ['baremetal', 'vsphere', 'openstack'];

/** The IP families of a list of networks, and the first one. */
export interface Families {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly first: 32 | 128 | undefined;
}

export function familiesOf(networks: readonly IpNetwork[]): Families {
  const bits = networks.map(({ address }) => address.bits);
  return { ipv4: bits.includes(32), ipv6: bits.includes(128), first: bits[0] };
}

/** The service networks determine the IP families; the other lists must match only in a dual-stack cluster. */
export function familyProblems({ networking, platforms }: RuleContext): InstallConfigProblem[] {
  const wanted = familiesOf(networking.service);
  const on = (names: readonly string[]) => platforms.some((platform) => names.includes(platform));
  if (wanted.ipv4 && wanted.ipv6) {
    return [
      ...(networking.service.length === 2
        ? []
        : [
            invalid('networking.serviceNetwork', 'dual stack takes two service networks, one of each family'),
          ]),
      ...(on(DUAL_STACK) ? [] : [invalid('networking', 'dual stack is not supported on this platform')]),
      ...dualStackProblems(networking, on(IPV6_FIRST)),
    ];
  }
  if (wanted.ipv6)
    return on(DUAL_STACK) ? [] : [invalid('networking', 'IPv6 is not supported on this platform')];
  if (networking.service.length > 1) {
    return [invalid('networking.serviceNetwork', 'only one service network can be given')];
  }
  return [];
}

function dualStackProblems(networking: EffectiveNetworking, ipv6MayBeFirst: boolean): InstallConfigProblem[] {
  const lists = {
    machineNetwork: networking.machine,
    serviceNetwork: networking.service,
    clusterNetwork: networking.cluster.map(({ cidr }) => cidr),
  };
  return Object.entries(lists).flatMap(([name, networks]) => {
    const { ipv4, ipv6, first } = familiesOf(networks);
    const field = `networking.${name}`;
    if (!ipv6) return [invalid(field, 'dual stack needs an IPv6 network here')];
    if (!ipv4) return [invalid(field, 'dual stack needs an IPv4 network here')];
    return first === 128 && !ipv6MayBeFirst ? [invalid(field, 'IPv4 must come before IPv6')] : [];
  });
}
