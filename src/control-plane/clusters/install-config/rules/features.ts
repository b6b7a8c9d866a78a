import {
  forbidden,
  type InstallConfigProblem,
  invalid,
  notSupported,
  oneOf,
} from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';

const FEATURE_SETS = ['', 'CustomNoUpgrade', 'DevPreviewNoUpgrade', 'TechPreviewNoUpgrade'];
/** Values that Go's strconv.ParseBool accepts. */
const BOOLEANS = ['1', 't', 'T', 'true', 'TRUE', 'True', '0', 'f', 'F', 'false', 'FALSE', 'False'];

/** Rules on feature sets, feature gates and fields that need a gate. */
export function featureProblems({ input, platform }: RuleContext): InstallConfigProblem[] {
  const featureSet = input.featureSet ?? '';
  const gates = input.featureGates ?? [];
  const problems = oneOf('featureSet', featureSet, FEATURE_SETS);
  if (gates.length > 0 && featureSet !== 'CustomNoUpgrade') {
    problems.push(forbidden('featureGates', 'can be used with featureSet CustomNoUpgrade only'));
  }
  for (const [index, gate] of gates.entries()) {
    const [, value, ...rest] = gate.split('=');
    if (value === undefined || rest.length > 0 || !BOOLEANS.includes(value)) {
      problems.push(invalid(`featureGates[${index}]`, 'must look like Name=true or Name=false'));
    }
  }
  if (problems.length === 0)
    problems.push(...gatedProblems(input.platform?.aws?.userProvisionedDNS, featureSet, gates));
  if (input.arbiter !== undefined && platform !== 'baremetal') {
    problems.push(notSupported('arbiter.platform', ['baremetal']));
  }
  return [
    ...problems,
    ...oneOf('cpuPartitioningMode', input.cpuPartitioningMode || 'None', ['None', 'AllNodes']),
  ];
}

function gatedProblems(
  userProvisionedDns: string | undefined,
  featureSet: string,
  gates: readonly string[],
): InstallConfigProblem[] {
  if (userProvisionedDns !== 'Enabled') return [];
  const opened = ['TechPreviewNoUpgrade', 'DevPreviewNoUpgrade'].includes(featureSet);
  if (opened || gates.some((gate) => /^AWSClusterHostedDNSInstall=(1|t|true)$/i.test(gate))) return [];
  return [forbidden('platform.aws.userProvisionedDNS', 'needs a tech preview feature set')];
}
