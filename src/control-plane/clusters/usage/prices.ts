import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf, SetupError } from '../../kernel/errors.ts';
import { estimatedMachineCost } from '../policy/workers.ts';
import { expectedZones } from '../policy/zones.ts';
import type { Profile } from '../profiles/profile.ts';
import { type MicroDollars, microDollars, nearestMicroDollars } from './cost.ts';

const price = z.number().nonnegative();
const shared = z.strictObject({ count: z.int().nonnegative(), each: price });
const platformPrices = z.strictObject({
  instances: z.record(z.string(), price),
  natGateway: shared,
  loadBalancer: shared,
});

const priceTableSchema = z.strictObject({
  date: z.iso.date(),
  currency: z.literal('USD'),
  source: z.string().min(1),
  notCounted: z.string().min(1),
  platforms: z.strictObject({ aws: platformPrices, ibmcloud: platformPrices }),
});

/** List prices as of a date, in dollars per hour. */
export type PriceTable = z.infer<typeof priceTableSchema>;

export interface CostPart {
  /** A further pool of machines is called `pool NAME`. */
  readonly part: 'controlPlane' | 'workers' | 'natGateways' | 'loadBalancers' | `pool ${string}`;
  readonly count: number;
  readonly each: MicroDollars;
  readonly perHour: MicroDollars;
}

export interface HourlyCost {
  readonly perHour: MicroDollars;
  /** Of one more worker. */
  readonly perWorker: MicroDollars;
  readonly parts: readonly CostPart[];
  /** Date of the price table. */
  readonly asOf: string;
}

/** The tables that are known. A table applies from 00:00 UTC of its date, to clusters that exist as well as to new ones. */
export interface Prices {
  /** The newest table of this time. Before the date of the first one, the first one applies. */
  at(now: Date): PriceTable;
}

/** Reads the tables, `YYYY-MM-DD.yaml`, of a directory. @throws SetupError for a table that cannot be used, also one of the future */
export function loadPrices(directory: string): Prices {
  const dates = readdirSync(directory).flatMap((name) => /^(\d{4}-\d{2}-\d{2})\.yaml$/.exec(name)?.[1] ?? []);
  const tables = dates.sort().map((date) => readPriceTable(join(directory, `${date}.yaml`), date));
  const [first] = tables;
  if (first === undefined) throw new SetupError(`no price table (YYYY-MM-DD.yaml) in ${directory}`);
  return {
    at(now) {
      const day = now.toISOString().slice(0, 10);
      return tables.findLast(({ date }) => date <= day) ?? first;
    },
  };
}

function readPriceTable(file: string, date: string): PriceTable {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SetupError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const parsed = priceTableSchema.safeParse(content);
  if (!parsed.success)
    throw new SetupError(`${file} is not a price table:\n${z.prettifyError(parsed.error)}`);
  if (parsed.data.date !== date) throw new SetupError(`${file} is dated ${parsed.data.date}; fix: rename it`);
  return parsed.data;
}

/**
 * The hourly cost of a cluster of this profile in a region, with the given number of workers: machines, one NAT gateway per zone, and
 * load balancers. If the table lacks a machine type, the profile's estimate is used.
 */
export function hourlyCost(
  profile: Profile,
  { region, workers }: { readonly region: string; readonly workers: number },
  prices: PriceTable,
): HourlyCost {
  const table = prices.platforms[profile.platform];
  const { controlPlane, workers: pool, pools = [] } = profile.compute;
  const master = table.instances[controlPlane.instanceType];
  const worker = table.instances[pool.instanceType];
  const further = pools.flatMap(({ name, instanceType, replicas }) => {
    const each = table.instances[instanceType];
    return each === undefined ? [] : [part(`pool ${name}`, replicas, each)];
  });
  if (master === undefined || worker === undefined || further.length < pools.length)
    return hourlyCostByEstimate(profile, workers, prices);
  const gateways = natGateways(profile, region, table.natGateway.count);
  const parts = [
    part('controlPlane', controlPlane.replicas, master),
    part('workers', workers, worker),
    ...further,
    part('natGateways', gateways, table.natGateway.each),
    part('loadBalancers', table.loadBalancer.count, table.loadBalancer.each),
  ];
  return { parts, perHour: total(parts), perWorker: microDollars(worker), asOf: prices.date };
}

/** Existing subnets have their gateways already. On AWS there is one in each zone. */
function natGateways(profile: Profile, region: string, most: number): number {
  if (profile.platform === 'ibmcloud') return most;
  const { subnets, zones } = profile.platformConfig.aws;
  if (subnets !== undefined) return 0;
  return zones?.length ?? Math.min(most, expectedZones(region, profile.compute.controlPlane.replicas));
}

/** The profile's estimate, divided evenly among its machines. */
function hourlyCostByEstimate(profile: Profile, workers: number, prices: PriceTable): HourlyCost {
  const { controlPlane, pools = [] } = profile.compute;
  const each = nearestMicroDollars(estimatedMachineCost(profile));
  const parts: CostPart[] = [
    { part: 'controlPlane', count: controlPlane.replicas, each, perHour: each * controlPlane.replicas },
    { part: 'workers', count: workers, each, perHour: each * workers },
    ...pools.map(({ name, replicas }) => ({
      part: `pool ${name}` as const,
      count: replicas,
      each,
      perHour: each * replicas,
    })),
  ];
  return { parts, perHour: total(parts), perWorker: each, asOf: prices.date };
}

function total(parts: readonly CostPart[]): MicroDollars {
  return parts.reduce((sum, { perHour }) => sum + perHour, 0);
}

function part(name: CostPart['part'], count: number, eachDollars: number): CostPart {
  const each = microDollars(eachDollars);
  return { part: name, count, each, perHour: each * count };
}
