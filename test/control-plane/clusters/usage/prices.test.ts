import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { type HourlyCost, hourlyCost } from '../../../../src/control-plane/clusters/usage/hourly-cost.ts';
import { loadPrices } from '../../../../src/control-plane/clusters/usage/prices.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { dollars, microDollars } from '../../../../src/control-plane/kernel/usage/money.ts';
import { awsStandard, shippedProfile } from '../policy/example.ts';
import { shippedPrices } from './shipped-prices.ts';

const SHIPPED = join(import.meta.dirname, '../../../../prices');
const first = shippedPrices(new Date('2026-11-22T00:00:00Z'));
const prices = shippedPrices();

const cluster = (workers: number, region = 'us-east-1') => ({ region, workers });
const costIn = (profile: Profile, region: string, table = prices) =>
  hourlyCost(profile, cluster(profile.compute.workers.replicas, region), table);
const countsOf = ({ parts }: HourlyCost) => Object.fromEntries(parts.map(({ part, count }) => [part, count]));
const shipped = ['aws-minimal-test', 'aws-standard', 'ibm-minimal-test', 'ibm-standard'];

describe('the hourly cost of a shipped profile', () => {
  test.each(shipped)(
    'G17: %s: the estimate of the profile is the sum of its parts, to a tenth of a cent',
    (name) => {
      const profile = shippedProfile(name);
      const { perHour, parts } = costIn(profile, profile.regions.default);
      expect(parts.reduce((total, part) => total + part.count * part.each, 0)).toBe(perHour);
      expect(profile.costControls.estimatedHourlyCost).toBeCloseTo(dollars(perHour), 3);
    },
  );

  test.each([
    ['aws-minimal-test', 0.756],
    ['aws-standard', 1.908],
    ['ibm-minimal-test', 0.762],
    ['ibm-standard', 1.926],
  ])('G17: %s still costs $%d by the first table: without volumes, and in every region', (name, sum) => {
    const profile = shippedProfile(name);
    for (const region of profile.regions.allowlist.slice(0, 2))
      expect(costIn(profile, region, first).perHour).toBe(microDollars(sum));
  });

  test.each(shipped)('G17: %s has prices in all of its regions, so no cost is an estimate', (name) => {
    const profile = shippedProfile(name);
    for (const region of profile.regions.allowlist) expect(costIn(profile, region).unknown).toBeUndefined();
  });

  test('G17: AWS: machines, root volumes, gateways and load balancers, each at the price of the region', () => {
    const { parts } = costIn(shippedProfile('aws-standard'), 'us-west-1');
    const volume = Math.round((120 * 0.096 * 1_000_000) / 730);
    expect(parts.map(({ part, count, each }) => [part, count, each])).toEqual([
      ['controlPlane', 3, 224_000],
      ['workers', 3, 448_000],
      ['volumes of controlPlane', 3, volume],
      ['volumes of workers', 3, volume],
      ['natGateways', 2, 48_000],
      ['networkLoadBalancers', 2, 25_200],
      ['classicLoadBalancers', 1, 28_000],
    ]);
  });

  test('G17: AWS: a private cluster has no external load balancer, and the ingress can have a network load balancer', () => {
    const standard = awsStandard();
    const balancers = (profile: Profile, setValues = {}) => {
      const { networkLoadBalancers, classicLoadBalancers } = countsOf(
        hourlyCost(profile, { ...cluster(3), setValues }, prices),
      );
      return [networkLoadBalancers, classicLoadBalancers];
    };
    const withPrivate = { ...standard, features: { ...standard.features, privateCluster: true } };
    const network = { ...standard, installConfig: { platform: { aws: { lbType: 'NLB' } } } };
    expect(balancers(standard)).toEqual([2, 1]);
    expect(balancers(withPrivate)).toEqual([1, 1]);
    expect(balancers(network)).toEqual([3, undefined]);
    expect(balancers(network, { 'platform.aws.lbType': 'Classic' })).toEqual([2, 1]);
    expect(balancers(standard, { 'platform.aws.lbType': 'NLB' })).toEqual([3, undefined]);
  });

  test('G17: AWS: a pool costs what its own volumes cost, with IOPS beyond those of the price', () => {
    const standard = awsStandard();
    const rootVolume = { type: 'gp3', size: 500, iops: 6000 } as const;
    const workers = { ...standard.compute.workers, rootVolume };
    const larger = { ...standard, compute: { ...standard.compute, workers } };
    const each = Math.round(((500 * 0.08 + 3000 * 0.005) * 1_000_000) / 730);
    const { parts, perWorker } = costIn(larger, 'us-east-1');
    expect(parts).toContainEqual({ part: 'volumes of workers', count: 3, each, perHour: 3 * each });
    expect(perWorker).toBe(384_000 + each);
  });

  test('grows by the price of each worker and its volume', () => {
    const profile = shippedProfile('aws-standard');
    const [none, one, ten] = [0, 1, 10].map((workers) => hourlyCost(profile, cluster(workers), prices));
    const perWorker = none?.perWorker ?? 0;
    expect((one?.perHour ?? 0) - (none?.perHour ?? 0)).toBe(perWorker);
    expect((ten?.perHour ?? 0) - (none?.perHour ?? 0)).toBe(10 * perWorker);
    expect(perWorker).toBeGreaterThan(microDollars(0.384));
  });

  test('R17: G17: counts the machines of further pools at their own prices, and by the estimate when one has none', () => {
    const profile = shippedProfile('aws-standard');
    const withPool = (instanceType: string, replicas: number) => ({
      ...profile,
      compute: { ...profile.compute, pools: [{ name: 'infra', instanceType, replicas }] },
    });
    const costOf = (sized: typeof profile) => hourlyCost(sized, cluster(3), prices);
    const { parts, perHour } = costOf(withPool('m6i.xlarge', 2));
    const volume = parts.find(({ part }) => part === 'volumes of pool infra')?.each ?? 0;
    // Two machines at $0.192.
    expect(perHour - costOf(profile).perHour).toBe(microDollars(0.384) + 2 * volume);
    expect(volume).toBeGreaterThan(0);
    expect(parts).toContainEqual({ part: 'pool infra', count: 2, each: 192_000, perHour: 384_000 });
    const estimated = costOf(withPool('x9.huge', 3));
    const machines = profile.compute.controlPlane.replicas + profile.compute.workers.replicas + 3;
    expect(estimated.parts.reduce((total, { count }) => total + count, 0)).toBe(machines);
    expect(dollars(estimated.perHour)).toBeCloseTo(profile.costControls.estimatedHourlyCost, 5);
    expect(estimated.unknown).toBe('x9.huge in us-east-1');
  });

  test('R8: has one NAT gateway per zone: two in us-west-1, one for a single node', () => {
    const profile = shippedProfile('aws-minimal-test');
    const gatewaysOf = (replicas: 1 | 3, region: string) => {
      const { controlPlane, workers } = profile.compute;
      const sized = { ...profile, compute: { controlPlane: { ...controlPlane, replicas }, workers } };
      return countsOf(hourlyCost(sized, cluster(0, region), prices))['natGateways'];
    };
    expect([gatewaysOf(3, 'us-east-1'), gatewaysOf(3, 'us-west-1'), gatewaysOf(1, 'us-east-1')]).toEqual([
      3, 2, 1,
    ]);
  });

  test.each([
    ['a machine type', { instanceType: 'x9.huge' }, 'us-east-1', 'x9.huge in us-east-1'],
    ['a region', {}, 'eu-west-1', 'eu-west-1'],
    [
      'a type of volume',
      { rootVolume: { type: 'io2', size: 120, iops: 3000 } as const },
      'us-east-1',
      'volumes of type io2 in us-east-1',
    ],
  ])('is the estimate of the profile, and says so, when the table lacks %s', (_, change, region, unknown) => {
    const standard = awsStandard();
    const workers = { ...standard.compute.workers, ...change };
    const own = { ...standard, compute: { ...standard.compute, workers } };
    const costs = [3, 0].map((count) => hourlyCost(own, cluster(count, region), prices));
    const estimate = microDollars(standard.costControls.estimatedHourlyCost);
    expect(costs.map(({ perHour }) => perHour)).toEqual([
      expect.closeTo(estimate, -1),
      expect.closeTo(estimate / 2, -1),
    ]);
    expect(costs.map((cost) => cost.unknown)).toEqual([unknown, unknown]);
  });
});

describe('price tables', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'prices-'));
    cpSync(SHIPPED, directory, { recursive: true });
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('name their date and source; the newest that is in force counts', () => {
    expect(first).toMatchObject({
      date: '2026-11-01',
      currency: 'USD',
      source: expect.stringContaining('list price'),
    });
    const next = readFileSync(join(SHIPPED, '2026-11-01.yaml'), 'utf8').replace(
      'date: "2026-11-01"',
      'date: "2026-12-01"',
    );
    writeFileSync(join(directory, '2026-12-01.yaml'), next);
    const at = (time: string) => loadPrices(directory).at(new Date(time)).date;
    expect(at('2020-01-01T00:00:00Z')).toBe('2026-11-01');
    expect(at('2026-11-28T23:59:59.999Z')).toBe('2026-11-01');
    expect(at('2026-11-29T00:00:00Z')).toBe('2026-11-29');
    expect(at('2026-12-01T00:00:00Z')).toBe('2026-12-01');
    expect(at('2030-01-01T00:00:00Z')).toBe('2026-12-01');
  });

  test.each([
    ['a table that is not one', 'platforms: 1\n'],
    ['broken YAML', 'a: [\n'],
  ])('%s is a set-up error that names the file', (_, text) => {
    writeFileSync(join(directory, '2026-12-01.yaml'), text);
    const load = () => loadPrices(directory);
    expect(load).toThrow(SetupError);
    expect(load).toThrow('2026-12-01.yaml');
  });
});

test('money is kept in whole micro-dollars', () => {
  expect(microDollars(0.192) * 3).toBe(576_000);
  expect(microDollars(0.1) + microDollars(0.2)).toBe(microDollars(0.3));
  expect(() => microDollars(0.0000001)).toThrow(RangeError);
  expect(() => microDollars(Number.NaN)).toThrow(RangeError);
});
