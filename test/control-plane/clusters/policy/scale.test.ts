import { expect, test } from 'vitest';
import { scaleProblems } from '../../../../src/control-plane/clusters/policy/scale.ts';
import type { AwsProfile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { awsStandard, shippedProfile } from './example.ts';

const DAY = { ttlHours: 24, current: 3 };

function profileThat({ scaleToZero = false, maxMonthlyCost = 10_000 }): AwsProfile {
  const { compute, costControls, ...profile } = awsStandard();
  return {
    ...profile,
    compute: { ...compute, workers: { ...compute.workers, scaleToZero } },
    costControls: { ...costControls, maxMonthlyCost },
  };
}

test('a scale to 0 needs a control plane that runs workloads, or a profile that accepts what stops', () => {
  const [problem] = scaleProblems(profileThat({}), 0, DAY);
  expect(problem).toMatchObject({ code: 'NOT_ALLOWED', allowed: ['2..10'] });
  expect(problem?.message).toContain('ingress, console and login stop');
  expect(scaleProblems(profileThat({ scaleToZero: true }), 0, DAY)).toEqual([]);
  expect(scaleProblems(shippedProfile('aws-minimal-test'), 0, DAY)).toEqual([]);
  // Between 0 and the least number there is nothing that the profile accepts.
  expect(scaleProblems(profileThat({ scaleToZero: true }), 1, DAY)).toMatchObject([{ code: 'OUT_OF_RANGE' }]);
});

test('G12: more workers are refused beyond the cost limit with the number that it permits; fewer never are', () => {
  const hourly = awsStandard().costControls.estimatedHourlyCost / 6;
  const profile = profileThat({ maxMonthlyCost: hourly * (3 + 5) * 24 });
  expect(scaleProblems(profile, 5, DAY)).toEqual([]);
  expect(scaleProblems(profile, 6, DAY)).toMatchObject([{ code: 'COST_LIMIT', allowed: ['2..5'] }]);
  expect(scaleProblems(profile, 6, { ...DAY, current: 7 })).toEqual([]);
});
