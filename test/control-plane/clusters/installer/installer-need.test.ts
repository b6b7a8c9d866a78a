import { expect, test } from 'vitest';
import {
  describeNeed,
  installerNeed,
  SKIP_FIPS_CHECK,
} from '../../../../src/control-plane/clusters/installer/installer-need.ts';
import { shippedProfile } from '../policy/example.ts';

const profile = shippedProfile('aws-standard');
const withTypes = (controlPlane: string, workers: string, fipsMode = false) => ({
  ...profile,
  features: { ...profile.features, fipsMode },
  compute: {
    controlPlane: { ...profile.compute.controlPlane, instanceType: controlPlane },
    workers: { ...profile.compute.workers, instanceType: workers },
  },
});

test.each([
  ['m6i.xlarge', 'm6i.2xlarge', '4.20.3'],
  ['m7g.xlarge', 'm7g.2xlarge', '4.20.3 for arm64'],
  ['m6i.xlarge', 'm7g.2xlarge', '4.20.3 for multi'],
  ['m7g.xlarge', 'm6i.2xlarge', '4.20.3 for multi'],
])('R9: %s and %s need the installer %s', (controlPlane, workers, need) => {
  expect(describeNeed(installerNeed(withTypes(controlPlane, workers), '4.20.3', {}))).toBe(need);
});

test('R11: FIPS mode needs the FIPS build since 4.16, unless the operator skips the check of the installer', () => {
  const fips = withTypes('m6i.xlarge', 'm6i.2xlarge', true);
  expect(describeNeed(installerNeed(fips, '4.20.3', {}))).toBe('4.20.3 with FIPS');
  expect(installerNeed(fips, '4.16.0-rc.1', {}).fips).toBe(true);
  expect(installerNeed(fips, '4.15.40', {}).fips).toBe(false);
  expect(installerNeed(fips, '4.20.3', { [SKIP_FIPS_CHECK]: '1' }).fips).toBe(false);
});
