import { type InstallConfigProblem, invalid, notSupported } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';

/** Capabilities by the version that introduced them. A baseline set contains its own and all earlier ones. */
const ADDED_IN: readonly (readonly [set: string, capabilities: readonly string[]])[] = [
  ['v4.11', ['baremetal', 'marketplace', 'openshift-samples', 'MachineAPI']],
  ['v4.12', ['Console', 'Insights', 'Storage', 'CSISnapshot']],
  ['v4.13', ['NodeTuning']],
  ['v4.14', ['Build', 'DeploymentConfig', 'ImageRegistry']],
  ['v4.15', ['OperatorLifecycleManager', 'CloudCredential']],
  ['v4.16', ['CloudControllerManager', 'Ingress']],
  ['v4.17', []],
  ['v4.18', ['OperatorLifecycleManagerV1']],
];
const ALL = ADDED_IN.flatMap(([, capabilities]) => capabilities);
const SETS = ['None', ...ADDED_IN.map(([set]) => set), 'vCurrent'];
const SELF_MANAGED = ['none', 'baremetal'];

/** Rules on `capabilities`. */
export function capabilityProblems({ input, platforms }: RuleContext): InstallConfigProblem[] {
  const { capabilities } = input;
  if (capabilities === undefined) return [];
  const set = capabilities.baselineCapabilitySet ?? '';
  const added = capabilities.additionalEnabledCapabilities ?? [];
  const enabled = new Set([...capabilitiesOf(set), ...added]);
  const on = (names: readonly string[]) => platforms.some((platform) => names.includes(platform));
  const problems = SETS.includes(set) ? [] : [notSupported('capabilities.baselineCapabilitySet', SETS)];
  for (const [index, capability] of added.entries()) {
    if (!ALL.includes(capability)) {
      problems.push(notSupported(`capabilities.additionalEnabledCapabilities[${index}]`, ALL));
    }
  }
  if (enabled.has('marketplace') && !enabled.has('OperatorLifecycleManager')) {
    problems.push(invalid('additionalEnabledCapabilities', 'marketplace needs OperatorLifecycleManager'));
  }
  if (on(['baremetal']) && set === 'None' && !enabled.has('baremetal')) {
    problems.push(invalid('additionalEnabledCapabilities', 'the platform needs the capability baremetal'));
  }
  const needed = [
    ...(on(SELF_MANAGED) ? [] : ['CloudCredential']),
    ...(on([...SELF_MANAGED, 'external']) ? [] : ['CloudControllerManager']),
    'Ingress',
  ];
  const missing = needed.filter((capability) => !enabled.has(capability));
  return [
    ...problems,
    ...missing.map((name) => invalid('capabilities', `${name} must stay enabled on this platform`)),
  ];
}

function capabilitiesOf(set: string): string[] {
  if (set === '' || set === 'vCurrent') return ALL;
  const last = ADDED_IN.findIndex(([name]) => name === set);
  return ADDED_IN.slice(0, last + 1).flatMap(([, capabilities]) => capabilities);
}
