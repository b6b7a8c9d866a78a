import { containsIp, parseIp } from '../../../kernel/ip-network.ts';
import type { OpenstackPlatformInput } from '../install-config-input.ts';
import { type InstallConfigProblem, invalid, required, tooMany } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';
import { familiesOf } from './ip-families.ts';

const FIELD = 'platform.openstack';

/** Rules on the virtual IPs of API and ingress on OpenStack. The installer chooses absent ones. */
export function virtualIpProblems(context: RuleContext): InstallConfigProblem[] {
  const platform = context.input.platform?.openstack;
  if (platform === undefined) return [];
  const api = listOf(platform.apiVIPs, platform.apiVIP);
  const ingress = listOf(platform.ingressVIPs, platform.ingressVIP);
  const ingressField = `${FIELD}.ingressVIPs`;
  const apiField = `${FIELD}.apiVIPs`;
  const problems = [
    ...deprecatedProblems(platform),
    ...listProblems(context, platform, api, apiField),
    ...listProblems(context, platform, ingress, ingressField),
  ];
  if (api.length === 0 && ingress.length === 0) return problems;
  if (api.length === 0) problems.push(required(apiField, 'must be given with ingressVIPs'));
  if (ingress.length === 0) problems.push(required(ingressField, 'must be given with apiVIPs'));
  const shared = api.filter((address) => ingress.some((other) => isSame(address, other)));
  if (isManaged(platform)) {
    problems.push(...shared.map(() => invalid(apiField, 'must not be an address of the ingress too')));
  }
  return problems;
}

function listOf(list: readonly string[] | undefined, deprecated: string | undefined): readonly string[] {
  return list !== undefined && list.length > 0 ? list : deprecated ? [deprecated] : [];
}

function deprecatedProblems(platform: OpenstackPlatformInput): InstallConfigProblem[] {
  const pairs = {
    apiVIPs: [platform.apiVIP, platform.apiVIPs],
    ingressVIPs: [platform.ingressVIP, platform.ingressVIPs],
  } as const;
  return Object.entries(pairs).flatMap(([name, [old, list = []]]) =>
    old && list.length > 0 && !list.includes(old)
      ? [invalid(`${FIELD}.${name}`, 'contradicts its deprecated name; give this one only')]
      : [],
  );
}

/** With a user-managed load balancer the addresses may be in any network and may be shared. */
function isManaged(platform: OpenstackPlatformInput): boolean {
  return platform.loadBalancer?.type !== 'UserManaged';
}

function listProblems(
  { networking }: RuleContext,
  platform: OpenstackPlatformInput,
  list: readonly string[],
  field: string,
): InstallConfigProblem[] {
  if (list.length > 2) return [tooMany(field, 2, list.length)];
  const problems: InstallConfigProblem[] = [];
  const addresses = list.map(parseIp);
  for (const address of addresses) {
    if (address === undefined) problems.push(invalid(field, 'must be an IP address'));
    const inside =
      address !== undefined && networking.machine.some((machine) => containsIp(machine, address));
    if (isManaged(platform) && !inside)
      problems.push(invalid(field, 'must lie in one of the machine networks'));
  }
  const families = addresses.map((address) => address?.bits ?? 32);
  const machine = familiesOf(networking.machine);
  const service = familiesOf(networking.service);
  if (families.length === 1 && service.ipv4 && service.ipv6 && families[0] !== machine.first) {
    problems.push(invalid(field, 'must be of the family of the first machine network'));
  }
  if (families.length === 2 && families[0] === families[1]) {
    problems.push(invalid(field, 'two addresses must be of different families'));
  }
  return problems;
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [parseIp(a), parseIp(b)];
  return left !== undefined && left.bits === right?.bits && left.value === right.value;
}
