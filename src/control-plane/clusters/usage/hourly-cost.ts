import { type MicroDollars, microDollars, nearestMicroDollars } from '../../kernel/usage/money.ts';
import type { SetValues } from '../policy/set-values.ts';
import { estimatedMachineCost } from '../policy/workers.ts';
import { expectedZones } from '../policy/zones.ts';
import type { AwsProfile, Profile } from '../profiles/profile.ts';
import { EDGE_POOL } from '../profiles/profile-pools.ts';
import type { PlatformPrices, PriceTable, RegionPrices, VolumePrices } from './prices.ts';

export interface CostPart {
  /** A further pool of machines is called `pool NAME`; `volumes of` a pool are the root volumes of its machines. */
  readonly part:
    | PoolName
    | `volumes of ${PoolName}`
    | 'natGateways'
    | 'loadBalancers'
    | `${'network' | 'classic'}LoadBalancers`;
  readonly count: number;
  readonly each: MicroDollars;
  readonly perHour: MicroDollars;
}

type PoolName = 'controlPlane' | 'workers' | `pool ${string}`;

export interface HourlyCost {
  readonly perHour: MicroDollars;
  /** Of one more worker. */
  readonly perWorker: MicroDollars;
  readonly parts: readonly CostPart[];
  /** Date of the price table. */
  readonly asOf: string;
  /** What the table has no price for: the cost is the estimate of the profile. */
  readonly unknown?: string | undefined;
}

/** What of a cluster besides its profile decides its cost. */
export interface PricedCluster {
  readonly region: string;
  readonly workers: number;
  /** Fields of the install-config that its request has set. */
  readonly setValues?: SetValues;
}

/** AWS shows prices of volumes for a month of 730 hours. */
const HOURS_PER_MONTH = 730;

/** AWS: one in each zone, of at most three. */
const MAX_GATEWAYS = 3;

/**
 * The hourly cost of a cluster of this profile: machines and their root volumes, one NAT gateway per zone, and load balancers. If the table
 * lacks a price, the profile's estimate is used.
 */
export function hourlyCost(profile: Profile, cluster: PricedCluster, prices: PriceTable): HourlyCost {
  const table = prices.platforms[profile.platform];
  if (!('regions' in table)) return costEverywhere(profile, cluster, table, prices.date);
  const region = table.regions[cluster.region];
  if (region === undefined || profile.platform !== 'aws')
    return costByEstimate(profile, cluster.workers, prices.date, cluster.region);
  return costInRegion(profile, cluster, region, prices.date);
}

/** With prices that are the same in all regions, and none of volumes. */
function costEverywhere(
  profile: Profile,
  { region, workers }: PricedCluster,
  table: PlatformPrices,
  asOf: string,
): HourlyCost {
  const machines = poolsOf(profile, workers);
  const unknown = machines.find(({ type }) => table.instances[type] === undefined);
  if (unknown !== undefined) return costByEstimate(profile, workers, asOf, unknown.type);
  const priceOf = ({ type }: Pool) => table.instances[type] ?? 0;
  const parts = [
    ...machines.map((pool) => part(pool.name, pool.count, microDollars(priceOf(pool)))),
    part(
      'natGateways',
      natGateways(profile, region, table.natGateway.count),
      microDollars(table.natGateway.each),
    ),
    part('loadBalancers', table.loadBalancer.count, microDollars(table.loadBalancer.each)),
  ];
  return { parts, perHour: total(parts), perWorker: eachOf(parts, 'workers'), asOf };
}

function costInRegion(
  profile: AwsProfile,
  { region, workers, setValues = {} }: PricedCluster,
  prices: RegionPrices,
  asOf: string,
): HourlyCost {
  const machines = poolsOf(profile, workers);
  const unknown = machines.flatMap((pool) => [
    ...(prices.instances[pool.type] === undefined ? [pool.type] : []),
    ...(volumeCost(pool.volume, prices) === undefined ? [`volumes of type ${pool.volume?.type}`] : []),
  ])[0];
  if (unknown !== undefined) return costByEstimate(profile, workers, asOf, `${unknown} in ${region}`);
  const { network, classic } = loadBalancers(profile, setValues);
  const parts = [
    ...machines.map(({ name, type, count }) => part(name, count, microDollars(prices.instances[type] ?? 0))),
    ...machines.map(({ name, volume, count }) =>
      part(`volumes of ${name}`, count, volumeCost(volume, prices) ?? 0),
    ),
    part('natGateways', natGateways(profile, region, MAX_GATEWAYS), microDollars(prices.natGateway)),
    part('networkLoadBalancers', network, microDollars(prices.networkLoadBalancer)),
    part('classicLoadBalancers', classic, microDollars(prices.classicLoadBalancer)),
  ].filter(({ part: name, count }) => count > 0 || !name.endsWith('LoadBalancers'));
  const perWorker = eachOf(parts, 'workers') + eachOf(parts, 'volumes of workers');
  return { parts, perHour: total(parts), perWorker, asOf };
}

interface Pool {
  readonly name: PoolName;
  readonly type: string;
  readonly count: number;
  /** AWS only. */
  readonly volume?: Volume | undefined;
}

type Volume = AwsProfile['platformConfig']['aws']['rootVolume'];

function poolsOf(profile: Profile, workers: number): Pool[] {
  const { controlPlane, workers: pool, pools = [] } = profile.compute;
  const volume = profile.platform === 'aws' ? profile.platformConfig.aws.rootVolume : undefined;
  return [
    {
      name: 'controlPlane',
      type: controlPlane.instanceType,
      count: controlPlane.replicas,
      volume: controlPlane.rootVolume ?? volume,
    },
    { name: 'workers', type: pool.instanceType, count: workers, volume: pool.rootVolume ?? volume },
    ...pools.map(({ name, instanceType, replicas, rootVolume }) => ({
      name: `pool ${name}` as const,
      type: instanceType,
      count: replicas,
      // As the install-config is rendered.
      volume:
        rootVolume ?? (volume && name === EDGE_POOL ? { type: 'gp2' as const, size: volume.size } : volume),
    })),
  ];
}

function volumeCost(volume: Volume | undefined, { volumes }: RegionPrices): MicroDollars | undefined {
  const prices: VolumePrices | undefined = volumes[volume?.type ?? ''];
  if (volume === undefined || prices === undefined) return undefined;
  const { gbMonth, iopsMonth = 0, iopsIncluded } = prices;
  const iops = Math.max(0, (volume.iops ?? 0) - iopsIncluded);
  return nearestMicroDollars((volume.size * gbMonth + iops * iopsMonth) / HOURS_PER_MONTH);
}

/** The API has an internal one, and an external one unless the cluster is private; that of the ingress is classic by default. */
function loadBalancers(
  { features, installConfig }: AwsProfile,
  setValues: SetValues,
): { readonly network: number; readonly classic: number } {
  const api = features.privateCluster ? 1 : 2;
  const aws = (installConfig as { platform?: { aws?: { lbType?: unknown } } } | undefined)?.platform?.aws;
  const isNetwork = (setValues['platform.aws.lbType'] ?? aws?.lbType) === 'NLB';
  return isNetwork ? { network: api + 1, classic: 0 } : { network: api, classic: 1 };
}

/** Existing subnets have their gateways already. On AWS there is one in each zone. */
function natGateways(profile: Profile, region: string, most: number): number {
  if (profile.platform === 'ibmcloud') return most;
  const { subnets, zones } = profile.platformConfig.aws;
  if (subnets !== undefined) return 0;
  return zones?.length ?? Math.min(most, expectedZones(region, profile.compute.controlPlane.replicas));
}

/** The profile's estimate, divided evenly among its machines. */
function costByEstimate(profile: Profile, workers: number, asOf: string, unknown: string): HourlyCost {
  const each = nearestMicroDollars(estimatedMachineCost(profile));
  const parts = poolsOf(profile, workers).map(({ name, count }) => part(name, count, each));
  return { parts, perHour: total(parts), perWorker: each, asOf, unknown };
}

function eachOf(parts: readonly CostPart[], name: CostPart['part']): MicroDollars {
  return parts.find((one) => one.part === name)?.each ?? 0;
}

function total(parts: readonly CostPart[]): MicroDollars {
  return parts.reduce((sum, { perHour }) => sum + perHour, 0);
}

function part(name: CostPart['part'], count: number, each: MicroDollars): CostPart {
  return { part: name, count, each, perHour: each * count };
}
