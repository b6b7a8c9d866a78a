import type { AwsPlatformInput, AwsSubnetInput } from '../install-config-input.ts';
import {
  duplicate,
  forbidden,
  type InstallConfigProblem,
  invalid,
  notSupported,
} from '../install-config-problem.ts';

const ROLES = [
  'BootstrapNode',
  'ClusterNode',
  'ControlPlaneExternalLB',
  'ControlPlaneInternalLB',
  'EdgeNode',
  'IngressControllerLB',
];
const MAX_INGRESS_SUBNETS = 10;

/** Rules on existing subnets: `platform.aws.vpc.subnets`, and the deprecated `platform.aws.subnets`. */
export function awsSubnetProblems(
  { subnets: old, vpc }: AwsPlatformInput,
  publish: string,
): InstallConfigProblem[] {
  const given = vpc?.subnets ?? [];
  const field = 'platform.aws.vpc.subnets';
  if (old !== undefined && old.length > 0 && given.length > 0) {
    return [forbidden('platform.aws.subnets', `cannot be given together with ${field}`)];
  }
  const subnets: readonly AwsSubnetInput[] = given.length > 0 ? given : (old ?? []).map((id) => ({ id }));
  const withRoles = subnets.filter(({ roles }) => (roles?.length ?? 0) > 0).length;
  return [
    ...subnets.flatMap((subnet, index) => oneSubnetProblems(subnets, subnet, index, `${field}[${index}]`)),
    ...(withRoles > 0 && withRoles < subnets.length
      ? [forbidden(field, 'either all subnets have roles or none has')]
      : []),
    ...(withRoles > 0 ? assignmentProblems(subnets, publish, field) : []),
  ];
}

function oneSubnetProblems(
  all: readonly AwsSubnetInput[],
  subnet: AwsSubnetInput,
  index: number,
  field: string,
): InstallConfigProblem[] {
  const roles = rolesOf(subnet);
  const problems = roles.flatMap((role, i) => {
    const at = `${field}.roles[${i}].type`;
    if (!ROLES.includes(role)) return [notSupported(at, ROLES)];
    return roles.indexOf(role) < i ? [duplicate(at)] : [];
  });
  if (all.slice(0, index).some(({ id }) => id === subnet.id)) problems.push(duplicate(`${field}.id`));
  if (roles.includes('ControlPlaneExternalLB') && roles.includes('ControlPlaneInternalLB')) {
    problems.push(forbidden(`${field}.roles`, 'must not have both load balancers of the control plane'));
  }
  if (roles.includes('EdgeNode') && new Set(roles.filter((role) => ROLES.includes(role))).size > 1) {
    problems.push(forbidden(`${field}.roles`, 'EdgeNode cannot be combined with other roles'));
  }
  return problems;
}

function assignmentProblems(
  subnets: readonly AwsSubnetInput[],
  publish: string,
  field: string,
): InstallConfigProblem[] {
  const count = (role: string) => subnets.filter((subnet) => rolesOf(subnet).includes(role)).length;
  const isPrivate = publish === 'Internal';
  const optional = isPrivate ? ['EdgeNode', 'ControlPlaneExternalLB'] : ['EdgeNode'];
  const missing = ROLES.filter((role) => !optional.includes(role) && count(role) === 0);
  const problems: InstallConfigProblem[] = [];
  if (count('IngressControllerLB') > MAX_INGRESS_SUBNETS) {
    problems.push(
      forbidden(field, `at most ${MAX_INGRESS_SUBNETS} subnets can have the role IngressControllerLB`),
    );
  }
  if (isPrivate && count('ControlPlaneExternalLB') > 0) {
    problems.push(forbidden(field, 'a private cluster has no subnets for ControlPlaneExternalLB'));
  }
  if (missing.length > 0) problems.push(invalid(field, `no subnet has the role ${missing.join(', ')}`));
  return problems;
}

function rolesOf({ roles }: AwsSubnetInput): string[] {
  return (roles ?? []).map(({ type }) => type ?? '');
}
