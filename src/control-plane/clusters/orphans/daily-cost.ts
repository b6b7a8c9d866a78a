import type { Profile } from '../profiles/profile.ts';
import { dollars, microDollars } from '../usage/cost.ts';
import type { PriceTable } from '../usage/prices.ts';
import { type OrphanResource, removable } from './orphan-resource.ts';

const INSTANCES = ['ec2:instance', 'is:instance'];
const GATEWAYS = ['ec2:natgateway', 'is:public-gateway'];
const BALANCERS = ['elasticloadbalancing:loadbalancer', 'is:load-balancer'];
const HOURS = 24;

/**
 * Dollars per day, at least: machines, NAT gateways and load balancers at list prices. The listings have no machine types: each machine
 * counts as one of the control plane of the profile, or as the cheapest of the price table.
 */
export function dailyCost(
  resources: readonly OrphanResource[],
  platform: 'aws' | 'ibmcloud',
  profile: Profile | undefined,
  prices: PriceTable,
): number {
  const { instances, natGateway, loadBalancer } = prices.platforms[platform];
  const cheapest = Math.min(...Object.values(instances));
  const machine = instances[profile?.compute.controlPlane.instanceType ?? ''] ?? cheapest;
  const count = (types: readonly string[]) =>
    removable(resources).filter(({ type }) => types.includes(type)).length;
  const perHour =
    count(INSTANCES) * microDollars(machine) +
    count(GATEWAYS) * microDollars(natGateway.each) +
    count(BALANCERS) * microDollars(loadBalancer.each);
  return dollars(perHour * HOURS);
}
