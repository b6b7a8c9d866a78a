import { awsTagFaults, sameKeyInOtherCase } from '../../policy/aws-tags.ts';
import { awsNameFault } from '../../policy/cluster-name.ts';
import type { AwsPoolInput } from '../install-config-input.ts';
import { type InstallConfigProblem, rejectedByCloud } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';

/** What AWS says of names, tags and volumes that the installer does not check. */
export function awsLimitProblems({ input, controlPlane, compute }: RuleContext): InstallConfigProblem[] {
  const platform = input.platform?.aws;
  if (platform === undefined) return [];
  const pools: [string, AwsPoolInput | undefined][] = [
    ['platform.aws.defaultMachinePlatform', platform.defaultMachinePlatform],
    ['controlPlane.platform.aws', controlPlane.platform?.aws],
    ...compute.map((pool, i): [string, AwsPoolInput | undefined] => [
      `compute[${i}].platform.aws`,
      pool.platform?.aws,
    ]),
  ];
  return [
    ...nameProblems(input.metadata?.name ?? ''),
    ...tagProblems(platform.userTags ?? {}),
    ...pools.flatMap(([field, pool]) => iopsProblems(pool?.rootVolume, field)),
  ];
}

function nameProblems(name: string): InstallConfigProblem[] {
  const fault = awsNameFault(name);
  return fault === undefined ? [] : [rejectedByCloud('metadata.name', fault, 'choose another name')];
}

function tagProblems(tags: Readonly<Record<string, string>>): InstallConfigProblem[] {
  const keys = Object.keys(tags);
  return Object.entries(tags).flatMap(([key, value], index) => {
    const field = `platform.aws.userTags[${key}]`;
    const earlier = sameKeyInOtherCase(key, keys.slice(0, index));
    return [
      ...awsTagFaults(key, value).map(({ message, fix }) => rejectedByCloud(field, message, fix)),
      ...(earlier === undefined
        ? []
        : [
            rejectedByCloud(
              field,
              `AWS compares keys without case, and ${key} is also given as ${earlier}`,
              'remove one of them',
            ),
          ]),
    ];
  });
}

interface IopsLimit {
  readonly min: number;
  readonly max: number;
  readonly perGib: number;
}

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
const IOPS_LIMITS: Readonly<Record<string, IopsLimit>> = {
  gp3: { min: 3000, max: 80_000, perGib: 500 },
  io1: { min: 100, max: 64_000, perGib: 50 },
  io2: { min: 100, max: 256_000, perGib: 1000 },
};

/** @returns IOPS that EBS does not give the volume of a pool */
export function iopsProblems(volume: AwsPoolInput['rootVolume'], pool: string): InstallConfigProblem[] {
  const type = volume?.type?.toLowerCase() ?? '';
  const limit = Object.hasOwn(IOPS_LIMITS, type) ? IOPS_LIMITS[type] : undefined;
  const { iops = 0, size = 0 } = volume ?? {};
  if (limit === undefined || iops <= 0 || size <= 0) return [];
  const field = `${pool}.rootVolume.iops`;
  const max = Math.min(limit.max, limit.perGib * size);
  const fix = `use ${limit.min} to ${max}`;
  if (iops < limit.min) {
    return [
      rejectedByCloud(field, `${iops} IOPS are too few for ${type}, which has at least ${limit.min}`, fix),
    ];
  }
  if (iops > max) {
    const why = `at most ${limit.perGib} for each GiB, and ${limit.max} in all`;
    return [rejectedByCloud(field, `${iops} IOPS are too many for ${type} with ${size} GiB: ${why}`, fix)];
  }
  return [];
}
