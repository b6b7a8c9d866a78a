import type { IpNetwork } from '../../../kernel/ip-network.ts';
import { zonesOfRegion } from '../../policy/zones.ts';
import { type InstallConfigProblem, rejectedByCloud } from '../install-config-problem.ts';
import type { EffectivePool, RuleContext } from '../rule-context.ts';
import { subnetCount } from './platform-aws-pool.ts';

/** Sizes that EC2 accepts for a VPC and for a subnet. */
const LARGEST = 16;
const SMALLEST = 28;
/** EC2 keeps these addresses of each subnet, and the internal load balancer takes one in each zone. */
const TAKEN_ADDRESSES = 5 + 1;

/** The first machine network is the VPC that the installer creates. */
export function awsNetworkProblems(context: RuleContext): InstallConfigProblem[] {
  const platform = context.input.platform?.aws;
  const vpc = context.networking.machine[0];
  if (platform === undefined || vpc === undefined || subnetCount(platform) > 0) return [];
  if (vpc.address.bits !== 32) return [];
  const field = 'networking.machineNetwork[0]';
  if (vpc.prefix < LARGEST || vpc.prefix > SMALLEST) {
    const message = `${vpc.text} is not a size that AWS accepts for a VPC: /${LARGEST} to /${SMALLEST}`;
    return [rejectedByCloud(field, message, `use a network of /${LARGEST}, such as 10.0.0.0/16`)];
  }
  const fault = sizeFault(context, vpc, zoneCount(context, platform.region ?? ''));
  return fault === undefined ? [] : [rejectedByCloud(field, fault.message, fault.fix)];
}

/** Local and Wavelength Zones share the block that stays free. */
function poolsOfZones({ controlPlane, compute }: RuleContext): EffectivePool[] {
  return [controlPlane, ...compute.filter(({ name }) => name !== 'edge')];
}

function zoneCount(context: RuleContext, region: string): number {
  const { input } = context;
  const pools = poolsOfZones(context).map(
    ({ platform }) => platform?.aws?.zones ?? input.platform?.aws?.defaultMachinePlatform?.zones ?? [],
  );
  const named = new Set(pools.flat());
  // One pool without zones is enough for subnets in all of them.
  if (named.size > 0 && pools.every((zones) => zones.length > 0)) return named.size;
  // Without names the installer makes subnets in all zones; those for 3 are as large as those for 4.
  return zonesOfRegion(region);
}

/** Every machine of the cluster has an address in a private subnet. */
function sizeFault(
  context: RuleContext,
  vpc: IpNetwork,
  zones: number,
): { readonly message: string; readonly fix: string } | undefined {
  const { publish, furtherMachines = 0 } = context;
  const machines = poolsOfZones(context).reduce((sum, { replicas }) => sum + replicas, furtherMachines);
  const fits = (prefix: number) => {
    const subnets = subnetPrefixes(prefix, zones, publish !== 'Internal');
    const addresses = zones * (2 ** (32 - subnets.private) - TAKEN_ADDRESSES);
    return { subnets, areSubnets: subnets.smallest <= SMALLEST, addresses };
  };
  const { subnets, areSubnets, addresses } = fits(vpc.prefix);
  let needed = vpc.prefix;
  while (needed > LARGEST && !(fits(needed).areSubnets && fits(needed).addresses >= machines)) needed -= 1;
  const fix = `use a network of /${needed} or larger`;
  if (!areSubnets) {
    const message = `${vpc.text} is too small for the subnets of ${zones} zones: they would be /${subnets.smallest}, and AWS accepts no subnet smaller than /${SMALLEST}`;
    return { message, fix };
  }
  if (addresses >= machines) return undefined;
  const message = `${vpc.text} is too small for ${machines} machines: its ${zones} private subnets of /${subnets.private} have ${addresses} addresses for them`;
  return { message, fix };
}

/** As the installer splits the network: one block for each zone, one for all public subnets, and one that stays free. */
function subnetPrefixes(
  vpcPrefix: number,
  zones: number,
  isPublic: boolean,
): { private: number; smallest: number } {
  const ofZone = vpcPrefix + bitsFor(zones + 1 + (isPublic ? 1 : 0));
  return { private: ofZone, smallest: isPublic ? ofZone + bitsFor(zones) : ofZone };
}

function bitsFor(parts: number): number {
  return Math.ceil(Math.log2(parts));
}
