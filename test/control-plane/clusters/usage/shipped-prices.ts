import { join } from 'node:path';
import { hourlyCost, type PricedCluster } from '../../../../src/control-plane/clusters/usage/hourly-cost.ts';
import { loadPrices, type PriceTable } from '../../../../src/control-plane/clusters/usage/prices.ts';
import { dollars } from '../../../../src/control-plane/kernel/usage/money.ts';
import { shippedProfile } from '../policy/example.ts';

const PRICES = loadPrices(join(import.meta.dirname, '../../../../prices'));

/** @returns the newest of the shipped price tables, or the one that was in force at a time */
export function shippedPrices(at = new Date('9999-12-31T00:00:00Z')): PriceTable {
  return PRICES.at(at);
}

/** @returns dollars per hour of a cluster of a shipped profile, by the newest table */
export function shippedRate(name: string, cluster: Partial<PricedCluster> = {}): number {
  const profile = shippedProfile(name);
  const { replicas: workers } = profile.compute.workers;
  const { perHour } = hourlyCost(profile, { region: 'us-east-1', workers, ...cluster }, shippedPrices());
  return dollars(perHour);
}
