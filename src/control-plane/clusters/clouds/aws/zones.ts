import type { _InstanceType, LocationType } from '@aws-sdk/client-ec2';
import { isArmInstanceType } from '../../install-config/architecture.ts';
import { zonesWanted } from '../../policy/zones.ts';
import type { PreflightRequest } from '../cloud.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';

type ZoneRequest = Pick<PreflightRequest, 'region' | 'controlPlane' | 'workers' | 'pools' | 'zones'>;

export interface ZoneChoice {
  /** Where the machines of a cluster will be; empty if none offers all of its instance types. */
  readonly zones: readonly string[];
  /** Why there are none. */
  readonly problem?: { readonly message: string; readonly hint: string };
}

const MAX_SHOWN = 8;

/**
 * Chooses the zones of a cluster: those that offer its instance types, and no more than it needs. Left alone, the installer uses every
 * zone of the region and pays for a NAT gateway with an address in each, also for a single node.
 */
export async function chooseZones(aws: AwsApi, request: ZoneRequest): Promise<ZoneChoice> {
  const { region, controlPlane, workers, pools: further = [] } = request;
  const inAllZones = further.filter(({ zones }) => zones === undefined);
  const pools = [controlPlane, ...[workers, ...inAllZones].filter(({ replicas }) => replicas > 0)];
  const types = [...new Set(pools.map(({ instanceType }) => instanceType))];
  const [available, ...offering] = await Promise.all([
    availableZones(aws, region),
    ...types.map((type) => instanceTypeOfferings(aws, region, 'availability-zone', type)),
  ]);
  const missing = types.filter((_, index) => offering[index]?.length === 0);
  if (missing.length > 0) return { zones: [], problem: await notOffered(aws, region, missing) };
  const fitting = available.filter((zone) =>
    offering.every((offered) => offered.some(({ location }) => location === zone)),
  );
  if (request.zones !== undefined) return namedZones(request.zones, fitting, request);
  if (fitting.length > 0) return { zones: fitting.slice(0, zonesWanted(controlPlane.replicas)) };
  const each = types.map(
    (type, index) => `${type} in ${offering[index]?.map(({ location }) => location).join(', ')}`,
  );
  return {
    zones: [],
    problem: {
      message: `no zone of ${region} offers all instance types: ${each.join('; ')}`,
      hint: 'choose types that one zone offers, or another region',
    },
  };
}

function namedZones(
  named: readonly string[],
  fitting: readonly string[],
  { region }: Pick<ZoneRequest, 'region'>,
): ZoneChoice {
  const wrong = named.filter((zone) => !fitting.includes(zone));
  if (wrong.length === 0) return { zones: named };
  const message = `the zones ${wrong.join(', ')} of the profile are not available, or do not offer its instance types`;
  const hint = fitting.length === 0 ? `no zone of ${region} offers them` : `these do: ${fitting.join(', ')}`;
  return { zones: [], problem: { message, hint } };
}

/** Zones that are up, without local and wavelength zones, in the order of their names. */
function availableZones(aws: AwsApi, region: string): Promise<string[]> {
  return zonesOfTypes(aws, region, ['availability-zone']);
}

/** Zones that are up and enabled, in the order of their names. */
export async function zonesOfTypes(aws: AwsApi, region: string, types: readonly string[]): Promise<string[]> {
  const ec2 = await aws.clients.ec2(region);
  const Filters = [
    { Name: 'zone-type', Values: [...types] },
    { Name: 'state', Values: ['available'] },
  ];
  const { AvailabilityZones = [] } = await aws.call(`listing zones of ${region}`, (options) =>
    ec2.describeAvailabilityZones({ Filters }, options),
  );
  return AvailabilityZones.flatMap(({ ZoneName }) => ZoneName ?? []).sort();
}

interface Offering {
  readonly type: string;
  readonly location: string;
}

/** @param type undefined for all instance types */
export async function instanceTypeOfferings(
  aws: AwsApi,
  region: string,
  locationType: LocationType,
  type?: string,
): Promise<Offering[]> {
  const ec2 = await aws.clients.ec2(region);
  return allAwsPages(async (pageToken) => {
    const input = {
      LocationType: locationType,
      ...(type === undefined ? {} : { Filters: [{ Name: 'instance-type', Values: [type] }] }),
      ...(pageToken === undefined ? {} : { NextToken: pageToken }),
    };
    const { InstanceTypeOfferings = [], NextToken } = await aws.call(
      `listing instance types of ${region}`,
      (options) => ec2.describeInstanceTypeOfferings(input, options),
    );
    const items = InstanceTypeOfferings.map(({ InstanceType = '', Location = '' }) => ({
      type: InstanceType as _InstanceType | '',
      location: Location,
    }));
    return { items, next: NextToken };
  });
}

/** Names types of the same size, class and architecture that the region has. */
async function notOffered(aws: AwsApi, region: string, types: readonly string[]) {
  const offered = await instanceTypeOfferings(aws, region, 'region');
  const similar = offered.filter((other) => types.some((type) => isSimilar(other.type, type)));
  const names = [...new Set(similar.map(({ type }) => type))].sort(newestFirst);
  const shown = names.slice(0, MAX_SHOWN).join(', ');
  return {
    message: `${types.join(' and ')} ${types.length === 1 ? 'is' : 'are'} not offered in ${region}`,
    hint: names.length === 0 ? 'choose another type or region' : `the region has, for example, ${shown}`,
  };
}

function isSimilar(other: string, type: string): boolean {
  const [otherSize, size] = [other, type].map((name) => name.split('.')[1]);
  const sameClass = other[0] === type[0] && isArmInstanceType(other) === isArmInstanceType(type);
  return sameClass && otherSize === size;
}

const newestFirst = (a: string, b: string) => b.localeCompare(a, 'en', { numeric: true });
