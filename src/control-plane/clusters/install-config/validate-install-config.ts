import type { InstallConfigInput } from './install-config-input.ts';
import { type InstallConfigProblem, invalid, required } from './install-config-problem.ts';
import { ruleContext, withoutNulls } from './normalise.ts';
import type { RuleContext } from './rule-context.ts';
import { awsLimitProblems } from './rules/aws-limits.ts';
import { awsNetworkProblems } from './rules/aws-network.ts';
import { capabilityProblems } from './rules/capabilities.ts';
import { featureProblems } from './rules/features.ts';
import { identityProblems, platformProblems } from './rules/identity.ts';
import { imageSourceProblems } from './rules/image-sources.ts';
import { familyProblems } from './rules/ip-families.ts';
import { networkingProblems } from './rules/networking.ts';
import { awsPlatformProblems } from './rules/platform-aws.ts';
import { ibmcloudPlatformProblems } from './rules/platform-ibmcloud.ts';
import { openstackPlatformProblems } from './rules/platform-openstack.ts';
import { poolProblems } from './rules/pools.ts';
import { proxyProblems } from './rules/proxy.ts';
import { publishingProblems } from './rules/publishing.ts';
import { secretProblems } from './rules/secrets.ts';
import { virtualIpProblems } from './rules/virtual-ips.ts';
import { shapeProblems } from './shape-problems.ts';

const RULES: readonly ((context: RuleContext) => InstallConfigProblem[])[] = [
  identityProblems,
  secretProblems,
  networkingProblems,
  familyProblems,
  virtualIpProblems,
  platformProblems,
  awsPlatformProblems,
  ibmcloudPlatformProblems,
  openstackPlatformProblems,
  poolProblems,
  proxyProblems,
  imageSourceProblems,
  publishingProblems,
  capabilityProblems,
  featureProblems,
];

/** What the installer passes on and AWS rejects, after minutes and a part of the infrastructure. */
const CLOUD_RULES: typeof RULES = [awsLimitProblems, awsNetworkProblems];

export interface ValidationOptions {
  /** To also report certificates that are not valid at that time. */
  readonly now?: Date | undefined;
  /** Machines in the subnets of the cluster that the document does not describe. @default 0 */
  readonly furtherMachines?: number;
}

/**
 * Validates an install-config as openshift-install 4.20 does before it calls a cloud, for AWS, IBM Cloud, OpenStack
 * and platform "none". For other platforms it checks names, types and the common rules only. One difference: an unknown
 * key is an error here, while the installer warns and ignores it. What AWS would reject later is of type `CloudRejects`.
 * @returns every problem once; empty if the installer and the cloud would accept the document
 */
export function validateInstallConfig(
  document: unknown,
  { now, furtherMachines = 0 }: ValidationOptions = {},
): InstallConfigProblem[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return [{ field: '', type: 'FieldTypeInvalid', message: 'must be a mapping' }];
  }
  const shape = shapeProblems(document);
  if (shape.some(({ type }) => type === 'FieldTypeInvalid')) return shape;
  const input = withoutNulls(document) as InstallConfigInput;
  const version = versionProblem(input.apiVersion ?? '');
  if (version !== undefined) return [...shape, version];
  const { context: read, problems: unreadable } = ruleContext(input);
  if (unreadable.length > 0) return [...shape, ...unreadable];
  const context: RuleContext = { ...read, now, furtherMachines };
  const found = [...shape, ...RULES.flatMap((rule) => rule(context))];
  const reported = new Set(found.map(({ field }) => field));
  const byCloud = CLOUD_RULES.flatMap((rule) => rule(context)).filter(({ field }) => !reported.has(field));
  return distinct([...found, ...byCloud]);
}

/** The installer converts the two beta versions. */
function versionProblem(apiVersion: string): InstallConfigProblem | undefined {
  if (apiVersion === '') return required('apiVersion', 'must be v1');
  return ['v1', 'v1beta3', 'v1beta4'].includes(apiVersion) ? undefined : invalid('apiVersion', 'must be v1');
}

function distinct(problems: readonly InstallConfigProblem[]): InstallConfigProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
