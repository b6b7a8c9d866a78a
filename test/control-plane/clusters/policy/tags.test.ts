import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  effectiveTags,
  SYSTEM_TAG_KEYS,
  userTagProblems,
} from '../../../../src/control-plane/clusters/policy/tags.ts';
import type { AwsProfile, Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { awsStandard, shippedProfile } from './example.ts';

const standard = awsStandard();
const ibm = shippedProfile('ibm-standard');
const system = {
  installationId: 'ins_01',
  clusterId: 'clu_01',
  clusterName: 'demo',
  owner: 'alice',
  team: 'blue',
  costCenter: 'cc-1',
  ttlExpiry: new Date('2026-11-23T10:00:00.123Z'),
  requestId: 'job_01',
};

function withTags(tags: Partial<AwsProfile['tags']>): Profile {
  return { ...standard, tags: { ...standard.tags, ...tags } };
}

function codes(userTags: Record<string, string>, profile: Profile = standard): string[] {
  return userTagProblems(profile, userTags).map(({ field, code }) => `${field} ${code}`);
}

test.each(['ManagedBy ', ' team', ' kubernetes.io/cluster/x'])(
  'L10: the reserved key %j is not let in by a space',
  (key) => {
    expect(codes({ [key]: 'x' })).toEqual(
      expect.arrayContaining([expect.stringMatching(/RESERVED$/), expect.stringMatching(/INVALID_FORMAT$/)]),
    );
  },
);

describe('effective tags', () => {
  test('hold all system tags', () => {
    expect(effectiveTags({ profile: standard, userTags: {}, system })).toEqual({
      ManagedBy: 'cluster-control-plane',
      InstallationId: 'ins_01',
      ClusterId: 'clu_01',
      ClusterName: 'demo',
      Owner: 'alice',
      Team: 'blue',
      CostCenter: 'cc-1',
      Environment: 'development',
      TTLExpiry: '2026-11-23T10:00:00Z',
      RequestId: 'job_01',
      Profile: 'aws-standard',
      Platform: 'aws',
      Purpose: 'development',
    });
  });

  test('take profile defaults < user < required < system', () => {
    const profile = withTags({
      defaults: { A: 'default', B: 'default', C: 'default', Owner: 'default' },
      required: { Environment: 'test', C: 'required', Owner: 'required' },
    });
    const userTags = { B: 'user', C: 'user', Owner: 'user' };
    expect(effectiveTags({ profile, userTags, system })).toMatchObject({
      A: 'default',
      B: 'user',
      C: 'required',
      Owner: 'alice',
      Environment: 'test',
    });
  });

  test('no user tag of any name gets past the system tags', () => {
    const key = fc.oneof(fc.constantFrom(...SYSTEM_TAG_KEYS), fc.string());
    fc.assert(
      fc.property(fc.dictionary(key, fc.string()), (userTags) => {
        const tags = effectiveTags({ profile: standard, userTags, system });
        const plain = effectiveTags({ profile: standard, userTags: {}, system });
        for (const name of SYSTEM_TAG_KEYS) expect(tags[name]).toBe(plain[name]);
      }),
    );
  });

  test('system values are always valid, for every caller', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (owner) => {
        const tags = effectiveTags({ profile: standard, userTags: {}, system: { ...system, owner } });
        expect(tags['Owner']).toMatch(/^[0-9A-Za-z _.:/=+\-@]{1,256}$/);
      }),
    );
  });
});

describe('user tags', () => {
  test.each([[{ Ticket: 'OPS-1', 'cost/part': 'a b=c+d@e' }], [{ ['k'.repeat(128)]: 'v'.repeat(256) }]])(
    '%j is fine',
    (tags) => expect(codes(tags)).toEqual([]),
  );

  test.each([
    'ManagedBy',
    'owner',
    'TEAM',
    'Name',
    'name',
    'aws:cloudformation',
    'kubernetes.io/cluster/other',
    'kubernetes.io',
    'sigs.k8s.io/cluster-api-provider-aws/cluster/other',
    'a.openshift.io/x',
    'openshiftClusterID',
  ])('G5: %s could claim what is not theirs and is reserved', (key) => {
    expect(codes({ [key]: 'x' })).toEqual([`tags.${key} RESERVED`]);
  });

  test.each([
    [{ '': 'x' }],
    [{ k: '' }],
    [{ ['k'.repeat(129)]: 'x' }],
    [{ k: 'v'.repeat(257) }],
    [{ 'a*b': 'x' }],
    [{ k: 'é' }],
    [{ k: 'a\nb' }],
    [{ k: 'a#b' }],
  ])('%j is not a tag of AWS', (tags) => {
    expect(userTagProblems(standard, tags).map(({ code }) => code)).toEqual(['INVALID_FORMAT']);
  });

  test.each([
    [{ purpose: 'mine' }, ['tags.purpose DUPLICATE_KEY']],
    [{ App: 'a', app: 'b' }, ['tags.App DUPLICATE_KEY', 'tags.app DUPLICATE_KEY']],
    [{ environment: 'x' }, ['tags.environment RESERVED']],
    [{ Purpose: 'mine' }, []],
  ])('R5: IAM compares keys without case: %j', (tags, expected) => expect(codes(tags)).toEqual(expected));

  test('R5: the message names the key that the profile has', () => {
    expect(userTagProblems(standard, { purpose: 'mine' })).toMatchObject([
      { message: 'AWS compares keys without case, and the profile sets Purpose', allowed: ['Purpose'] },
    ]);
  });

  test('R5: values that begin with aws: are reserved as well', () =>
    expect(codes({ stack: 'AWS:x' })).toEqual(['tags.stack RESERVED']));

  test('clusters on IBM Cloud have no tags, and none can be requested', () => {
    expect(effectiveTags({ profile: ibm, userTags: {}, system })).toEqual({});
    expect(codes({}, ibm)).toEqual([]);
    expect(userTagProblems(ibm, { Ticket: 'OPS-1', ManagedBy: 'me' })).toEqual([
      {
        field: 'tags',
        code: 'NOT_ALLOWED',
        message: 'clusters on IBM Cloud have no tags; omit --tag',
        allowed: [],
      },
    ]);
  });

  test('what the profile requires cannot be changed', () => {
    const profile = withTags({ required: { Environment: 'test', Cluster: 'lab' } });
    expect(codes({ Cluster: 'lab' }, profile)).toEqual([]);
    expect(codes({ Cluster: 'prod' }, profile)).toEqual(['tags.Cluster NOT_ALLOWED']);
  });

  test('25 in all, ours counted: 12 of the user, and a default may be replaced for free', () => {
    const twelve = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`k${i}`, 'v']));
    expect(codes({ ...twelve, Purpose: 'demo' })).toEqual([]);
    expect(Object.keys(effectiveTags({ profile: standard, userTags: twelve, system }))).toHaveLength(25);
    expect(codes({ ...twelve, k12: 'v' })).toEqual(['tags TOO_MANY']);
  });

  test('are refused as a whole where the profile takes none', () => {
    expect(codes({ a: 'b' }, withTags({ allowUserTags: false }))).toEqual(['tags NOT_ALLOWED']);
  });
});
