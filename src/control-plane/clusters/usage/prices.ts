import * as z from 'zod';
import { type DatedTables, loadDatedTables } from '../../kernel/usage/dated-tables.ts';

const price = z.number().nonnegative();
const shared = z.strictObject({ count: z.int().nonnegative(), each: price });
const instances = z.record(z.string(), price);

/** The same in all regions, and without volumes. */
const platformPrices = z.strictObject({ instances, natGateway: shared, loadBalancer: shared });

const volumePrices = z.strictObject({
  gbMonth: price,
  /** Of each provisioned IOPS beyond those included. */
  iopsMonth: price.optional(),
  iopsIncluded: z.int().nonnegative().default(0),
});
const regionPrices = z.strictObject({
  instances,
  natGateway: price,
  networkLoadBalancer: price,
  classicLoadBalancer: price,
  volumes: z.record(z.string(), volumePrices),
});
const regionalPrices = z.strictObject({ regions: z.record(z.string(), regionPrices) });
const anyPrices = z.union([platformPrices, regionalPrices]);

const priceTableSchema = z.strictObject({
  date: z.iso.date(),
  currency: z.literal('USD'),
  source: z.string().min(1),
  notCounted: z.string().min(1),
  platforms: z.strictObject({ aws: anyPrices, ibmcloud: platformPrices }),
});

/** List prices as of a date, in dollars per hour; of volumes per month. */
export type PriceTable = z.infer<typeof priceTableSchema>;
export type PlatformPrices = z.infer<typeof platformPrices>;
export type RegionPrices = z.infer<typeof regionPrices>;
export type VolumePrices = z.infer<typeof volumePrices>;

export type Prices = DatedTables<PriceTable>;

/** @throws SetupError for a table that cannot be used, also one of the future */
export function loadPrices(directory: string): Prices {
  return loadDatedTables(directory, priceTableSchema);
}
