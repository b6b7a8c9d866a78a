import { expect, test } from 'vitest';
import { renderInstallConfig } from '../../../../src/control-plane/clusters/install-config/render-install-config.ts';
import { setFragment } from '../../../../src/control-plane/clusters/install-config/set-fragment.ts';
import { resolveRequest } from '../../../../src/control-plane/clusters/policy/resolve-request.ts';
import type { SetValues } from '../../../../src/control-plane/clusters/policy/set-values.ts';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { specOf } from '../install-config/example.ts';
import { alice, awsStandard, request } from './example.ts';

const KEY = 'compute.worker.platform.aws.rootVolume.kmsKeyARN';
const SIZE = 'example.size';
const PROFILE: Profile = {
  ...awsStandard(),
  installConfig: { networking: { clusterNetworkMTU: 1400 } },
  settable: [
    { key: 'networking.clusterNetworkMTU', type: 'integer', min: 1280, max: 8901 },
    { key: SIZE, type: 'integer', min: 120 },
    { key: KEY, type: 'string' },
    { key: 'platform.aws.lbType', type: 'string', values: ['Classic', 'NLB'] },
    { key: 'cpuPartitioningMode', type: 'string' },
    { key: 'platform.aws.preserveBootstrapIgnition', type: 'boolean' },
  ],
};
const KEYS = PROFILE.settable?.map(({ key }) => key);

function problemsOf(set: SetValues, profile = PROFILE) {
  return resolveRequest(request({ set }), profile, alice).violations ?? [];
}

test('R17: what a request sets is merged after the fragment of the profile, and nothing else changes', () => {
  const plain = renderInstallConfig(specOf(PROFILE));
  const set = { 'networking.clusterNetworkMTU': 8901, [KEY]: 'arn:key', 'platform.aws.lbType': 'NLB' };
  const expected = JSON.parse(JSON.stringify(plain));
  expected.networking.clusterNetworkMTU = 8901;
  expected.compute[0].platform.aws.rootVolume.kmsKeyARN = 'arn:key';
  expected.platform.aws.lbType = 'NLB';
  expect(renderInstallConfig(specOf(PROFILE, { set }))).toEqual(expected);
});

test('R17: two values of the workers are one pool', () => {
  const set = { 'compute.worker.hyperthreading': 'Disabled', [KEY]: 'arn:key' };
  expect(setFragment(set)).toEqual({
    compute: [
      {
        name: 'worker',
        hyperthreading: 'Disabled',
        platform: { aws: { rootVolume: { kmsKeyARN: 'arn:key' } } },
      },
    ],
  });
});

test.each<[string, SetValues, object]>([
  [
    'a field that the profile does not name',
    { fips: true },
    { field: 'set.fips', code: 'NOT_ALLOWED', allowed: KEYS },
  ],
  [
    'a number for text',
    { cpuPartitioningMode: 4.2 },
    {
      code: 'INVALID_FORMAT',
      message: `cpuPartitioningMode must be text, not the number 4.2: quote it, as in 'cpuPartitioningMode="4.2"'`,
    },
  ],
  [
    'text for a number',
    { [SIZE]: '500' },
    { code: 'INVALID_FORMAT', message: `${SIZE} must be a whole number, not "500"` },
  ],
  ['half a number', { [SIZE]: 120.5 }, { message: `${SIZE} must be a whole number, not 120.5` }],
  [
    'text for a choice',
    { 'platform.aws.preserveBootstrapIgnition': 'yes' },
    { allowed: ['true', 'false'], message: expect.stringContaining('true or false, not "yes"') },
  ],
  [
    'a value outside the bounds',
    { 'networking.clusterNetworkMTU': 9000 },
    { code: 'OUT_OF_RANGE', message: 'networking.clusterNetworkMTU cannot be 9000: use 1280..8901' },
  ],
  ['a value below the only bound', { [SIZE]: 100 }, { code: 'OUT_OF_RANGE', allowed: ['at least 120'] }],
  [
    'a value that is not in the list',
    { 'platform.aws.lbType': 'nlb' },
    {
      code: 'NOT_ALLOWED',
      message: 'platform.aws.lbType cannot be "nlb" with this profile',
      allowed: ['Classic', 'NLB'],
    },
  ],
])('G12: %s is refused with what is allowed', (_, set, expected) => {
  expect(problemsOf(set)).toEqual([expect.objectContaining(expected)]);
});

test('G12: without settable fields nothing can be set', () => {
  expect(problemsOf({ cpuPartitioningMode: 'None' }, awsStandard())).toEqual([
    {
      field: 'set.cpuPartitioningMode',
      code: 'NOT_ALLOWED',
      message: 'cpuPartitioningMode cannot be set: profile aws-standard has no settable fields',
      allowed: [],
    },
  ]);
});
