import type { AwsPlatformInput, AwsPoolInput } from '../install-config-input.ts';
import { type InstallConfigProblem, invalid, required, tooMany } from '../install-config-problem.ts';

/** Regions without a published RHCOS image: amiID is required. */
const NEEDS_AMI = ['cn-north-1', 'cn-northwest-1', 'us-iso-east-1', 'us-iso-west-1', 'us-isob-east-1'];
const MAX_SECURITY_GROUPS = 10;

/** Rules on a machine pool of an AWS cluster. A pool without AWS settings may still need an image. */
export function awsPoolProblems(
  platform: AwsPlatformInput,
  pool: AwsPoolInput | undefined,
  field: string,
): InstallConfigProblem[] {
  const image = pool?.amiID || platform.defaultMachinePlatform?.amiID || platform.amiID;
  return [
    ...(!image && NEEDS_AMI.includes(platform.region ?? '')
      ? [required(field, `amiID must be given in ${NEEDS_AMI.join(', ')}`)]
      : []),
    ...(pool === undefined ? [] : awsMachineProblems(platform, pool, field)),
  ];
}

/** Rules that also apply to `platform.aws.defaultMachinePlatform`. */
export function awsMachineProblems(
  platform: AwsPlatformInput,
  pool: AwsPoolInput,
  field: string,
): InstallConfigProblem[] {
  const region = platform.region ?? '';
  const groups = pool.additionalSecurityGroupIDs?.length ?? 0;
  const authentication = pool.metadataService?.authentication ?? '';
  const problems = (pool.zones ?? []).flatMap((zone, index) =>
    zone.startsWith(region) ? [] : [invalid(`${field}.zones[${index}]`, `is not in region ${region}`)],
  );
  problems.push(...rootVolumeProblems(pool.rootVolume, field));
  if (!['', 'Required', 'Optional'].includes(authentication)) {
    problems.push(invalid(`${field}.authentication`, 'must be Required or Optional'));
  }
  if (groups > 0 && subnetCount(platform) === 0) {
    problems.push(required(`${field}.platform.subnets`, 'additional security groups need subnets'));
  }
  if (groups > MAX_SECURITY_GROUPS) problems.push(tooMany(field, MAX_SECURITY_GROUPS, groups));
  return problems;
}

/** The installer reports these fields without `rootVolume` in the path, and does not check a volume without a type. */
export function rootVolumeProblems(
  volume: AwsPoolInput['rootVolume'],
  field: string,
): InstallConfigProblem[] {
  const type = volume?.type?.toLowerCase() ?? '';
  if (volume === undefined || type === '') return [];
  const iopsFault = iopsFaultOf(type, volume.iops ?? 0);
  return [
    ...((volume.size ?? 0) <= 0 ? [invalid(`${field}.size`, 'must be a positive number')] : []),
    ...(iopsFault === undefined ? [] : [invalid(`${field}.${iopsFault.key}`, iopsFault.message)]),
  ];
}

function iopsFaultOf(type: string, iops: number): { key: string; message: string } | undefined {
  switch (type) {
    case 'io1':
    case 'io2':
      return iops > 0 ? undefined : { key: 'iops', message: 'must be a positive number' };
    case 'gp3':
      return iops >= 0 ? undefined : { key: 'iops', message: 'must not be negative' };
    case 'gp2':
    case 'st1':
    case 'sc1':
    case 'standard':
      return iops === 0 ? undefined : { key: 'iops', message: `is not supported for type ${type}` };
    default:
      return { key: 'type', message: 'is not a volume type of EC2' };
  }
}

export function subnetCount({ subnets, vpc }: AwsPlatformInput): number {
  return (vpc?.subnets?.length ?? 0) + (subnets?.length ?? 0);
}
