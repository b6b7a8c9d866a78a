import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dollars, microDollars } from '../../../../src/control-plane/clusters/usage/cost.ts';
import { hourlyCost, loadPrices } from '../../../../src/control-plane/clusters/usage/prices.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { shippedProfile } from '../policy/example.ts';

const SHIPPED = join(import.meta.dirname, '../../../../prices');
const prices = loadPrices(SHIPPED).at(new Date('2026-11-22T00:00:00Z'));

const cluster = (workers: number, region = 'us-east-1') => ({ region, workers });

describe('the hourly cost of a shipped profile', () => {
  test.each([
    ['aws-minimal-test', 0.756],
    ['aws-standard', 1.908],
    ['ibm-minimal-test', 0.762],
    ['ibm-standard', 1.926],
  ])('G17: %s: the estimate of the profile is the sum of its parts, $%d', (name, sum) => {
    const profile = shippedProfile(name);
    const { perHour, parts } = hourlyCost(profile, cluster(profile.compute.workers.replicas), prices);
    expect(perHour).toBe(microDollars(sum));
    expect(parts.reduce((total, part) => total + part.count * part.each, 0)).toBe(perHour);
    expect(profile.costControls.estimatedHourlyCost).toBe(sum);
  });

  test('grows by the price of each worker', () => {
    const profile = shippedProfile('aws-standard');
    const costs = [0, 1, 10].map((workers) => dollars(hourlyCost(profile, cluster(workers), prices).perHour));
    expect(costs).toEqual([0.756, 1.14, 4.596]);
  });

  test('R17: G17: counts the machines of further pools at their own prices, and by the estimate when one has none', () => {
    const profile = shippedProfile('aws-standard');
    const withPool = (instanceType: string, replicas: number) => ({
      ...profile,
      compute: { ...profile.compute, pools: [{ name: 'infra', instanceType, replicas }] },
    });
    const costOf = (sized: typeof profile) => hourlyCost(sized, cluster(3), prices);
    const { parts, perHour } = costOf(withPool('m6i.xlarge', 2));
    // Two machines at $0.192.
    expect(perHour - costOf(profile).perHour).toBe(microDollars(0.384));
    expect(parts).toContainEqual({ part: 'pool infra', count: 2, each: 192_000, perHour: 384_000 });
    const estimated = costOf(withPool('x9.huge', 3));
    const machines = profile.compute.controlPlane.replicas + profile.compute.workers.replicas + 3;
    expect(estimated.parts.reduce((total, { count }) => total + count, 0)).toBe(machines);
    expect(dollars(estimated.perHour)).toBeCloseTo(profile.costControls.estimatedHourlyCost, 5);
  });

  test('R8: has one NAT gateway per zone: two in us-west-1, one for a single node', () => {
    const profile = shippedProfile('aws-minimal-test');
    const gatewaysOf = (replicas: 1 | 3, region: string) => {
      const { controlPlane, workers } = profile.compute;
      const sized = { ...profile, compute: { controlPlane: { ...controlPlane, replicas }, workers } };
      const { parts } = hourlyCost(sized, cluster(0, region), prices);
      return parts.find(({ part }) => part === 'natGateways')?.count;
    };
    expect([gatewaysOf(3, 'us-east-1'), gatewaysOf(3, 'us-west-1'), gatewaysOf(1, 'us-east-1')]).toEqual([
      3, 2, 1,
    ]);
  });

  test('comes from its own estimate when the table lacks a machine type', () => {
    const standard = shippedProfile('aws-standard');
    const { controlPlane, workers } = standard.compute;
    const own = { ...standard, compute: { controlPlane, workers: { ...workers, instanceType: 'x9.huge' } } };
    expect(hourlyCost(own, cluster(3), prices).perHour).toBe(1_908_000);
    expect(hourlyCost(own, cluster(0), prices).perHour).toBe(954_000);
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
    expect(prices).toMatchObject({
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
    expect(at('2026-11-30T23:59:59.999Z')).toBe('2026-11-01');
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
