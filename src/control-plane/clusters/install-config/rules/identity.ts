import { subdomainFault } from '../hosts.ts';
import { type InstallConfigProblem, invalid } from '../install-config-problem.ts';
import { PLATFORM_NAMES, type RuleContext } from '../rule-context.ts';

/** The zone gets `*.apps.<name>`, and `*.apps` counts as nine of the 63 characters of a label, which leaves 54. */
const MAX_NAME = 54;
const STARTS_WITH_LETTER = ['gcp', 'azure'];
const WITHOUT_DOTS = ['openstack', 'vsphere', 'baremetal', 'nutanix'];

/** Rules on `metadata.name` and `baseDomain`. */
export function identityProblems({ input, platforms }: RuleContext): InstallConfigProblem[] {
  const name = input.metadata?.name ?? '';
  const baseDomain = input.baseDomain ?? '';
  const nameFault = clusterNameFault(name, platforms);
  const domainFault = subdomainFault(withoutTrailingDot(baseDomain));
  const problems: InstallConfigProblem[] = [];
  if (nameFault !== undefined) problems.push(invalid('metadata.name', nameFault));
  if (domainFault !== undefined) problems.push(invalid('baseDomain', domainFault));
  if (problems.length > 0) return problems;
  const together = subdomainFault(withoutTrailingDot(`${name}.${baseDomain}`));
  return together === undefined
    ? []
    : [invalid('baseDomain', `with the cluster name in front it ${together}`)];
}

function clusterNameFault(name: string, platforms: readonly string[]): string | undefined {
  const on = (names: readonly string[]) => platforms.some((platform) => names.includes(platform));
  if (on(WITHOUT_DOTS) && name.includes('.')) return 'must not contain "." on this platform';
  if (on(STARTS_WITH_LETTER) && !/^[a-z]/.test(name)) return 'must begin with a lower-case letter';
  if (name.length > MAX_NAME) return `must be no more than ${MAX_NAME} characters`;
  return subdomainFault(name);
}

function withoutTrailingDot(domain: string): string {
  return domain.endsWith('.') ? domain.slice(0, -1) : domain;
}

/** Requires exactly one platform. */
export function platformProblems({ platform, platforms }: RuleContext): InstallConfigProblem[] {
  if (platform === '') return [invalid('platform', `must be one of ${PLATFORM_NAMES.join(', ')}`)];
  return platforms
    .slice(1)
    .map((other) => invalid('platform', `must be one only, not ${platform} and ${other}`));
}
