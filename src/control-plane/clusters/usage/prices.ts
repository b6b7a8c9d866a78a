import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { messageOf, SetupError } from '../../kernel/errors.ts';

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
