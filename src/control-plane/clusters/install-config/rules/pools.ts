import {
  duplicate,
  forbidden,
  type InstallConfigProblem,
  invalid,
  notSupported,
  oneOf,
} from '../install-config-problem.ts';
import { type EffectivePool, PLATFORM_NAMES, type RuleContext } from '../rule-context.ts';
import { awsPoolProblems } from './platform-aws-pool.ts';
import { ibmcloudPoolProblems } from './platform-ibmcloud.ts';
import { openstackPoolProblems } from './platform-openstack.ts';

const ARCHITECTURES = ['amd64', 's390x', 'ppc64le', 'arm64'];
const AWS_ARCHITECTURES = ['amd64', 'arm64'];
const MIXED_ARCHITECTURES = ['aws', 'gcp'];
const FENCING = ['baremetal', 'external', 'none'];

/** Rules on `controlPlane` and `compute`, with defaults applied where they are absent. */
export function poolProblems(context: RuleContext): InstallConfigProblem[] {
  const { controlPlane, compute } = context;
  return [
    ...(controlPlane.replicas === 0 ? [invalid('controlPlane.replicas', 'must be positive')] : []),
    ...fencingProblems(context),
    ...onePoolProblems(context, controlPlane, 'controlPlane'),
    ...compute.flatMap((pool, index) => computeProblems(context, pool, index)),
  ];
}

/** Two control plane machines have no quorum, so each needs credentials to fence the other. */
function fencingProblems({ controlPlane, platform }: RuleContext): InstallConfigProblem[] {
  const count = controlPlane.fencing?.credentials?.length ?? 0;
  const field = 'controlPlane.fencing';
  const problems: InstallConfigProblem[] = [];
  if (controlPlane.replicas === 2 && count !== 2) {
    problems.push(
      forbidden(`${field}.credentials`, `two machines need exactly two credentials, not ${count}`),
    );
  }
  if (controlPlane.replicas !== 2 && count > 0) {
    problems.push(forbidden(`${field}.credentials`, 'are for a control plane of two machines only'));
  }
  if (count > 0 && !FENCING.includes(platform)) {
    problems.push(forbidden(field, 'is not supported on this platform'));
  }
  return problems;
}

function computeProblems(context: RuleContext, pool: EffectivePool, index: number): InstallConfigProblem[] {
  const field = `compute[${index}]`;
  const earlier = context.compute.slice(0, index).some(({ name }) => name === pool.name);
  const mixed = pool.architecture !== context.controlPlane.architecture;
  return [
    ...computeNameProblems(pool.name, context.platform, `${field}.name`),
    ...(earlier ? [duplicate(`${field}.name`)] : []),
    ...(mixed && !MIXED_ARCHITECTURES.includes(context.platform)
      ? [invalid(`${field}.architecture`, 'must be that of the control plane on this platform')]
      : []),
    ...onePoolProblems(context, pool, field),
  ];
}

function computeNameProblems(name: string, platform: string, field: string): InstallConfigProblem[] {
  if (name === 'edge' && platform !== 'aws') return [notSupported(field, ['worker'])];
  return oneOf(field, name, ['worker', 'edge']);
}

function onePoolProblems(context: RuleContext, pool: EffectivePool, field: string): InstallConfigProblem[] {
  return [
    ...(pool.replicas < 0 ? [invalid(`${field}.replicas`, 'must not be negative')] : []),
    ...oneOf(`${field}.hyperthreading`, pool.hyperthreading, ['Disabled', 'Enabled']),
    ...oneOf(
      `${field}.architecture`,
      pool.architecture,
      context.platform === 'aws' ? AWS_ARCHITECTURES : ARCHITECTURES,
    ),
    ...poolPlatformProblems(context, pool, `${field}.platform`),
  ];
}

function poolPlatformProblems(
  context: RuleContext,
  pool: EffectivePool,
  field: string,
): InstallConfigProblem[] {
  const given = pool.platform ?? {};
  const foreign = PLATFORM_NAMES.filter((name) => name in given && name !== context.platform);
  const { aws, ibmcloud, openstack } = context.input.platform ?? {};
  return [
    ...foreign.map((name) =>
      invalid(`${field}.${name}`, `cannot be given when the cluster is on ${context.platform}`),
    ),
    ...(aws === undefined ? [] : awsPoolProblems(aws, given.aws, `${field}.aws`)),
    ...(ibmcloud === undefined || given.ibmcloud === undefined
      ? []
      : ibmcloudPoolProblems(ibmcloud, given.ibmcloud, `${field}.ibmcloud`)),
    ...(openstack === undefined || given.openstack === undefined
      ? []
      : openstackPoolProblems(given.openstack, `${field}.openstack`)),
  ];
}
