import type { IbmcloudPlatformInput, IbmcloudPoolInput } from '../install-config-input.ts';
import { type InstallConfigProblem, invalid, required } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';
import { endpointProblems } from './platform-aws.ts';

const FIELD = 'platform.ibmcloud';

/** Rules on `platform.ibmcloud`. */
export function ibmcloudPlatformProblems({ input }: RuleContext): InstallConfigProblem[] {
  const platform = input.platform?.ibmcloud;
  if (platform === undefined) return [];
  const defaults = platform.defaultMachinePlatform;
  return [
    ...(platform.region ? [] : [required(`${FIELD}.region`, 'must be given')]),
    ...vpcProblems(platform),
    ...(defaults === undefined
      ? []
      : ibmcloudPoolProblems(platform, defaults, `${FIELD}.defaultMachinePlatform`)),
    ...endpointProblems(platform.serviceEndpoints ?? [], `${FIELD}.serviceEndpoints`, isVersionPath),
  ];
}

/** Matches `/`, `/v1`, `/api/v2/`: only API versions. */
function isVersionPath(request: string): boolean {
  return request === '/' || /^(\/(api\/)?v\d+\/?)+$/.test(request);
}

function vpcProblems(platform: IbmcloudPlatformInput): InstallConfigProblem[] {
  const { vpcName, controlPlaneSubnets, computeSubnets } = platform;
  if (!vpcName) {
    const hasSubnets = controlPlaneSubnets !== undefined || computeSubnets !== undefined;
    return hasSubnets ? [required(`${FIELD}.vpcName`, 'subnets need the name of their VPC')] : [];
  }
  const lists = { controlPlaneSubnets, computeSubnets };
  return Object.entries(lists).flatMap(([name, list]) =>
    list === undefined ? [required(`${FIELD}.${name}`, 'a VPC needs at least one subnet here')] : [],
  );
}

/** Rules on a machine pool of an IBM Cloud cluster. */
export function ibmcloudPoolProblems(
  platform: IbmcloudPlatformInput,
  pool: IbmcloudPoolInput,
  field: string,
): InstallConfigProblem[] {
  const region = platform.region ?? '';
  const key = pool.bootVolume?.encryptionKey ?? '';
  return [
    ...(pool.zones ?? []).flatMap((zone, index) =>
      zone.startsWith(region) ? [] : [invalid(`${field}.zones[${index}]`, `is not in region ${region}`)],
    ),
    ...dedicatedHostProblems(pool, field),
    ...(key === '' || isCrn(key) ? [] : [invalid(`${field}.bootVolume.encryptionKey`, 'is not a CRN')]),
  ];
}

function dedicatedHostProblems(pool: IbmcloudPoolInput, field: string): InstallConfigProblem[] {
  const { dedicatedHosts: hosts, type = '', zones = [] } = pool;
  if (hosts === undefined) return [];
  const family = (profile: string) => profile.split('-')[0];
  const list = `${field}.dedicatedHosts`;
  return [
    ...(hosts.length === zones.length
      ? []
      : [invalid(list, `there are ${hosts.length} hosts for ${zones.length} zones`)]),
    ...hosts.flatMap(({ name, profile }, index) => {
      if (!name && !profile) return [invalid(`${list}[${index}]`, 'needs a name or a profile')];
      if (!profile || type === '' || family(profile) === family(type)) return [];
      return [invalid(`${list}[${index}].profile`, `does not fit machines of type ${type}`)];
    }),
    ...(type === '' ? [invalid(`${field}.type`, 'must be given with dedicated hosts')] : []),
  ];
}

/** `crn:version:cname:ctype:service:region:scope:instance:type:resource`; the scope is empty or like `a/ACCOUNT`. */
function isCrn(text: string): boolean {
  const segments = text.split(':');
  return segments.length === 10 && segments[0] === 'crn' && /^([aosp]\/[^/]*)?$/.test(segments[6] ?? '');
}
