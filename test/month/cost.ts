import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const PRICES = fileURLToPath(new URL('../../prices/', import.meta.url));
const TABLE = z.object({
  date: z.string(),
  platforms: z.object({
    aws: z.object({
      regions: z.object({
        'us-east-1': z.object({
          instances: z.record(z.string(), z.number()),
          natGateway: z.number(),
          networkLoadBalancer: z.number(),
          classicLoadBalancer: z.number(),
          volumes: z.object({ gp3: z.object({ gbMonth: z.number() }) }),
        }),
      }),
    }),
  }),
});

export interface Rate {
  readonly perHour: number;
  readonly perWorker: number;
}

const HOURS_PER_MONTH = 730;
/** Of the root volumes of the shipped profiles. */
const VOLUME_GB = 120;

/**
 * @returns dollars per hour of a public cluster of a profile in three zones of us-east-1 without its workers, and of a worker, from the
 * newest price table
 */
export function readRate(controlPlane: { replicas: number; type: string }, workerType: string): Rate {
  const newest =
    readdirSync(PRICES)
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .at(-1) ?? '';
  const prices = TABLE.parse(parse(readFileSync(join(PRICES, newest), 'utf8'))).platforms.aws.regions[
    'us-east-1'
  ];
  const { instances, natGateway, networkLoadBalancer, classicLoadBalancer, volumes } = prices;
  // In whole millionths of a dollar, as the rates are.
  const volume = Math.round((VOLUME_GB * volumes.gp3.gbMonth * 1e6) / HOURS_PER_MONTH) / 1e6;
  const price = (type: string) => (instances[type] ?? Number.NaN) + volume;
  return {
    perHour:
      controlPlane.replicas * price(controlPlane.type) +
      3 * natGateway +
      2 * networkLoadBalancer +
      classicLoadBalancer,
    perWorker: price(workerType),
  };
}

export interface LifeOfCluster {
  /** When its create began, and when nothing was left. */
  readonly from: Date;
  readonly to: Date;
  readonly workers: number;
  readonly scales: readonly { readonly at: Date; readonly workers: number }[];
}

const HOUR_MS = 3_600_000;

/** A second implementation of what a cluster costs, in dollars: its intervals, one after the other. */
export function costOf({ from, to, workers, scales }: LifeOfCluster, { perHour, perWorker }: Rate): number {
  const steps = [{ at: from, workers }, ...scales.toSorted((a, b) => a.at.getTime() - b.at.getTime())];
  return steps.reduce((sum, { at, workers: count }, index) => {
    const until = steps[index + 1]?.at ?? to;
    return sum + ((until.getTime() - at.getTime()) / HOUR_MS) * (perHour + count * perWorker);
  }, 0);
}
