import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const PRICES = fileURLToPath(new URL('../../prices/', import.meta.url));
const COUNTED = z.object({ count: z.number(), each: z.number() });
const TABLE = z.object({
  date: z.string(),
  platforms: z.object({
    aws: z.object({
      instances: z.record(z.string(), z.number()),
      natGateway: COUNTED,
      loadBalancer: COUNTED,
    }),
  }),
});

export interface Rate {
  readonly perHour: number;
  readonly perWorker: number;
}

/** @returns dollars per hour of a cluster of a profile without its workers, and of a worker, from the newest price table */
export function readRate(controlPlane: { replicas: number; type: string }, workerType: string): Rate {
  const newest = readdirSync(PRICES).sort().at(-1) ?? '';
  const { instances, natGateway, loadBalancer } = TABLE.parse(
    parse(readFileSync(join(PRICES, newest), 'utf8')),
  ).platforms.aws;
  const price = (type: string) => instances[type] ?? Number.NaN;
  return {
    perHour:
      controlPlane.replicas * price(controlPlane.type) +
      natGateway.count * natGateway.each +
      loadBalancer.count * loadBalancer.each,
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
