import { parseIp } from '../../../kernel/ip-network.ts';
import type { OpenstackPlatformInput, OpenstackPoolInput } from '../install-config-input.ts';
import {
  forbidden,
  type InstallConfigProblem,
  invalid,
  notSupported,
  required,
  tooMany,
} from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';

const FIELD = 'platform.openstack';
const SERVER_GROUP_POLICIES = ['affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity'];
const LOAD_BALANCERS = ['OpenShiftManagedDefault', 'UserManaged'];
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Rules on `platform.openstack`, except the virtual IPs. */
export function openstackPlatformProblems({ input }: RuleContext): InstallConfigProblem[] {
  const platform = input.platform?.openstack;
  if (platform === undefined) return [];
  const defaults = platform.defaultMachinePlatform;
  const loadBalancer = platform.loadBalancer;
  return [
    ...(platform.externalDNS ?? [])
      .filter((address) => parseIp(address) === undefined)
      .map(() => invalid(`${FIELD}.externalDNS`, 'must be IP addresses')),
    ...(defaults === undefined ? [] : openstackPoolProblems(defaults, `${FIELD}.defaultMachinePlatform`)),
    ...(loadBalancer === undefined || LOAD_BALANCERS.includes(loadBalancer.type ?? '')
      ? []
      : [invalid(`${FIELD}.loadBalancer.type`, `must be one of ${LOAD_BALANCERS.join(', ')}`)]),
    ...portProblems(platform),
    ...deprecatedProblems(platform),
  ];
}

function portProblems({ controlPlanePort: port }: OpenstackPlatformInput): InstallConfigProblem[] {
  if (port === undefined) return [];
  const field = `${FIELD}.controlPlanePort`;
  const fixedIps = port.fixedIPs ?? [];
  const networkId = port.network?.id ?? '';
  const problems =
    networkId === '' || UUID_V4.test(networkId) ? [] : [invalid(`${field}.network`, 'must be a UUIDv4')];
  if (fixedIps.length === 0) return [...problems, required(`${field}.fixedIPs`, 'must name a subnet')];
  if (fixedIps.length > 2) return [...problems, tooMany(`${field}.fixedIPs`, 2, fixedIps.length)];
  const ofSubnets = fixedIps.flatMap(({ subnet }, index) => {
    const at = `${field}.fixedIPs[${index}].subnet`;
    if (!subnet?.id && !subnet?.name) return [required(at, 'needs an id or a name')];
    return subnet.id && !UUID_V4.test(subnet.id) ? [invalid(`${at}.id`, 'must be a UUIDv4')] : [];
  });
  return [...problems, ...ofSubnets];
}

function deprecatedProblems(platform: OpenstackPlatformInput): InstallConfigProblem[] {
  const { machinesSubnet, controlPlanePort, lbFloatingIP, apiFloatingIP } = platform;
  const problems: InstallConfigProblem[] = [];
  if (lbFloatingIP && apiFloatingIP && lbFloatingIP !== apiFloatingIP) {
    problems.push(forbidden(`${FIELD}.lbFloatingIP`, 'cannot be given together with apiFloatingIP'));
  }
  const ids = (controlPlanePort?.fixedIPs ?? []).map(({ subnet }) => subnet?.id);
  if (machinesSubnet && controlPlanePort !== undefined && !(ids.length === 1 && ids[0] === machinesSubnet)) {
    problems.push(invalid(`${FIELD}.machinesSubnet`, 'is deprecated; give controlPlanePort only'));
  }
  if (machinesSubnet && controlPlanePort === undefined && !UUID_V4.test(machinesSubnet)) {
    problems.push(invalid(`${FIELD}.controlPlanePort.fixedIPs[0].subnet.id`, 'must be a UUIDv4'));
  }
  return problems;
}

/** Rules on a machine pool of an OpenStack cluster. */
export function openstackPoolProblems(pool: OpenstackPoolInput, field: string): InstallConfigProblem[] {
  const policy = pool.serverGroupPolicy ?? '';
  return [
    ...(policy === '' || SERVER_GROUP_POLICIES.includes(policy)
      ? []
      : [notSupported(`${field}.serverGroupPolicy`, SERVER_GROUP_POLICIES)]),
    ...rootVolumeProblems(pool, `${field}.rootVolume`),
  ];
}

function rootVolumeProblems(
  { rootVolume, zones = [] }: OpenstackPoolInput,
  field: string,
): InstallConfigProblem[] {
  if (rootVolume === undefined) return [];
  const types = rootVolume.types ?? [];
  const problems: InstallConfigProblem[] = [];
  if (zones.length > 0 && (rootVolume.zones?.length ?? 0) === 0) {
    problems.push(required(`${field}.zones`, 'must be given when the machines have zones'));
  }
  if (rootVolume.type && types.length > 0) {
    problems.push(forbidden(`${field}.type`, 'cannot be given together with types'));
  }
  if (!rootVolume.type && types.length === 0) {
    problems.push(invalid(`${field}.type`, 'type or types must be given'));
    problems.push(invalid(`${field}.types`, 'type or types must be given'));
  }
  if (zones.length > 1 && types.length > 1 && types.length !== zones.length) {
    problems.push(invalid(`${field}.types`, 'must be one, or as many as there are zones'));
  }
  return problems;
}
