import type { PoolDemand } from '../cloud.ts';
import type { AwsApi } from './aws-api.ts';
import { instanceTypeOfferings, zonesOfTypes } from './zones.ts';

/** An account sees the Local Zones and Wavelength Zones that it has opted in to. */
const ZONE_TYPES = ['availability-zone', 'local-zone', 'wavelength-zone'];

/** @returns why the machines of a pool could not be created in the zones that it names */
export async function poolZoneProblem(
  aws: AwsApi,
  region: string,
  { name, instanceType, zones }: PoolDemand,
): Promise<{ readonly message: string; readonly hint: string } | undefined> {
  if (zones === undefined) return undefined;
  const available = await zonesOfTypes(aws, region, ZONE_TYPES);
  const missing = zones.filter((zone) => !available.includes(zone));
  if (missing.length > 0) {
    return {
      message: `the pool ${name} is in ${missing.join(', ')}, which the account does not have in ${region}`,
      hint: 'check the names; a Local Zone or Wavelength Zone needs its zone group: aws ec2 modify-availability-zone-group --opt-in-status opted-in --group-name GROUP',
    };
  }
  const offered = await instanceTypeOfferings(aws, region, 'availability-zone', instanceType);
  const without = zones.filter((zone) => !offered.some(({ location }) => location === zone));
  if (without.length === 0) return undefined;
  const others = offered.map(({ location }) => location).sort();
  return {
    message: `${instanceType} of the pool ${name} is not offered in ${without.join(', ')}`,
    hint:
      others.length === 0 ? `no zone of ${region} offers it` : `these zones offer it: ${others.join(', ')}`,
  };
}
