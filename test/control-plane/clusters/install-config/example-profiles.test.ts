import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { profileInstallConfigFaults } from '../../../../src/control-plane/clusters/install-config/profile-install-config.ts';
import { renderInstallConfig } from '../../../../src/control-plane/clusters/install-config/render-install-config.ts';
import { validateInstallConfig } from '../../../../src/control-plane/clusters/install-config/validate-install-config.ts';
import { loadProfiles } from '../../../../src/control-plane/clusters/profiles/load-profiles.ts';
import { hourlyCost } from '../../../../src/control-plane/clusters/usage/hourly-cost.ts';
import { shippedPrices } from '../usage/shipped-prices.ts';
import { specOf } from './example.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const SHIPPED = join(ROOT, 'profiles');
const EXAMPLES = loadProfiles([join(SHIPPED, 'examples')])
  .list()
  .map((profile) => [profile.name, profile] as const);

test('F7: there are seven example profiles, and a server does not load them by default', () => {
  const names = EXAMPLES.map(([name]) => name);
  expect(names).toEqual([
    'aws-arm64',
    'aws-fips',
    'aws-pools',
    'aws-private-vpc',
    'aws-proxy-mirrors',
    'aws-single-node',
    'aws-spot-workers',
  ]);
  const loaded = loadProfiles([SHIPPED])
    .list()
    .map(({ name }) => name);
  expect(loaded.filter((name) => names.includes(name))).toEqual([]);
});

test.each(EXAMPLES)(
  'F7: %s renders what its golden file says, and the installer would accept it',
  async (name, profile) => {
    const document = renderInstallConfig(specOf(profile));
    const file = join(import.meta.dirname, 'example-profiles', `${name}.golden.yaml`);
    await expect(stringify(document, { lineWidth: 0 })).toMatchFileSnapshot(file);
    expect(validateInstallConfig(document)).toEqual([]);
    expect(profileInstallConfigFaults(profile)).toEqual([]);
  },
);

test.each(EXAMPLES)('F7: the estimate of %s is what the price table says', (_, profile) => {
  const { replicas: workers } = profile.compute.workers;
  const { perHour } = hourlyCost(profile, { region: profile.regions.default, workers }, shippedPrices());
  expect(perHour / 1_000_000).toBeCloseTo(profile.costControls.estimatedHourlyCost, 3);
});
