import { dollars, microDollars } from '../../kernel/usage/money.ts';
import type { Profile } from '../profiles/profile.ts';
import type { PriceTable } from '../usage/prices.ts';
import { type OrphanResource, removable } from './orphan-resource.ts';

const INSTANCES = ['ec2:instance', 'is:instance'];
const GATEWAYS = ['ec2:natgateway', 'is:public-gateway'];
const BALANCERS = ['elasticloadbalancing:loadbalancer', 'is:load-balancer'];
const HOURS = 24;

/**
 * Dollars per day, at least: machines, NAT gateways and load balancers at list prices. The listings have no machine types, sizes of volumes
 * or types of load balancers: each machine counts as one of the control plane of the profile, or as the cheapest of the price table, and
 * each load balancer as the cheapest. Nothing is counted in a region whose prices are unknown.
 */
export function dailyCost(
  resources: readonly OrphanResource[],
  { platform, region }: { readonly platform: 'aws' | 'ibmcloud'; readonly region: string },
  profile: Profile | undefined,
  prices: PriceTable,
): number {
  const known = leastPrices(prices, platform, region);
  if (known === undefined) return 0;
  const { instances, gateway, balancer } = known;
  const cheapest = Math.min(...Object.values(instances));
  const machine = instances[profile?.compute.controlPlane.instanceType ?? ''] ?? cheapest;
  const count = (types: readonly string[]) =>
    removable(resources).filter(({ type }) => types.includes(type)).length;
  const perHour =
    count(INSTANCES) * microDollars(machine) +
    count(GATEWAYS) * microDollars(gateway) +
    count(BALANCERS) * microDollars(balancer);
  return dollars(perHour * HOURS);
}

interface LeastPrices {
  readonly instances: Readonly<Record<string, number>>;
  readonly gateway: number;
  readonly balancer: number;
}

function leastPrices(
  { platforms }: PriceTable,
  platform: 'aws' | 'ibmcloud',
  region: string,
): LeastPrices | undefined {
  const table = platforms[platform];
  if (!('regions' in table)) {
    const { instances, natGateway, loadBalancer } = table;
    return { instances, gateway: natGateway.each, balancer: loadBalancer.each };
  }
  const prices = table.regions[region];
  if (prices === undefined) return undefined;
  const { instances, natGateway, networkLoadBalancer, classicLoadBalancer } = prices;
  return { instances, gateway: natGateway, balancer: Math.min(networkLoadBalancer, classicLoadBalancer) };
}
