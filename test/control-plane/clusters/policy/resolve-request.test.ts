import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type {
  ClusterRequest,
  PolicyCaller,
} from '../../../../src/control-plane/clusters/policy/cluster-request.ts';
import { resolveRequest } from '../../../../src/control-plane/clusters/policy/resolve-request.ts';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { admin, alice, ED25519_KEY, request, shippedProfile } from './example.ts';

const standard = shippedProfile('aws-standard');

function violationsOf(
  more: Partial<ClusterRequest>,
  profile: Profile = standard,
  caller: PolicyCaller = alice,
): string[] {
  const { violations } = resolveRequest(request(more), profile, caller);
  return (violations ?? []).map(({ field, code }) => `${field} ${code}`);
}

test('a request of a name and a profile resolves to the defaults', () => {
  expect(resolveRequest(request(), standard, alice)).toEqual({
    resolved: {
      name: 'demo',
      profile: 'aws-standard',
      platform: 'aws',
      version: '4.20.3',
      region: 'us-east-1',
      baseDomain: 'labs.example.com',
      ttlHours: 72,
      team: 'blue',
      owner: 'alice',
      costCenter: 'blue',
      requestedBy: 'local:alice',
      userTags: {},
      sshPublicKey: undefined,
      offhours: false,
      onFailure: 'destroy',
      workerReplicas: 3,
      setValues: {},
    },
  });
});

test('what is asked for wins over the defaults', () => {
  const asked = {
    version: '4.20.5',
    region: 'us-west-2',
    baseDomain: 'dev.example.com',
    ttlHours: 168,
    costCenter: 'cc-7',
    tags: { Ticket: 'A-1' },
    sshPublicKey: ED25519_KEY,
    onFailure: 'preserve' as const,
  };
  const { tags, ...rest } = asked;
  expect(resolveRequest(request(asked), standard, alice).resolved).toMatchObject({ ...rest, userTags: tags });
});

test('G12: all violations come at once, each with field, code, words and what is allowed', () => {
  const { violations } = resolveRequest(
    request({
      name: 'Demo.1',
      version: '4.19.1',
      region: 'eu-west-1',
      baseDomain: 'example.org',
      ttlHours: 999,
      team: 'red',
      owner: 'bob',
      tags: { Owner: 'bob' },
      sshPublicKey: 'nonsense',
    }),
    standard,
    alice,
  );
  expect(violations?.map(({ field, code }) => `${field} ${code}`)).toEqual([
    'name INVALID_FORMAT',
    'version NOT_ALLOWED',
    'region NOT_ALLOWED',
    'baseDomain NOT_ALLOWED',
    'ttlHours OUT_OF_RANGE',
    'team NOT_ALLOWED',
    'owner NOT_ALLOWED',
    'tags.Owner RESERVED',
    'sshPublicKey INVALID_FORMAT',
  ]);
  expect(violations?.every(({ message }) => message.length > 10)).toBe(true);
  expect(violations?.find(({ field }) => field === 'region')?.allowed).toEqual([
    'us-east-1',
    'us-east-2',
    'us-west-1',
    'us-west-2',
  ]);
  expect(violations?.find(({ field }) => field === 'ttlHours')?.allowed).toEqual(['0.01..168']);
});

describe('the name', () => {
  test.each(['a', '1', 'on', '1e3', 'null', 'a-b', 'x'.repeat(54)])('%s is fine', (name) => {
    expect(violationsOf({ name })).toEqual([]);
  });
  test.each(['A', '-a', 'a-', 'a_b', 'a.b', 'é', 'x'.repeat(55), 'a\nb', 'a: b'])('%j is refused', (name) => {
    expect(violationsOf({ name })).toEqual(['name INVALID_FORMAT']);
  });
  test('is needed', () => expect(violationsOf({ name: '' })).toEqual(['name REQUIRED']));
});

describe('the lifetime', () => {
  test.each([0.01, 1.5, 72, 168])('%d h is fine', (ttlHours) =>
    expect(violationsOf({ ttlHours })).toEqual([]),
  );
  test.each([0, -1, 0.009, 168.1, Number.NaN])('%d h is refused', (ttlHours) => {
    expect(violationsOf({ ttlHours })).toEqual(['ttlHours OUT_OF_RANGE']);
  });
  test('is the default only, where custom ones are off', () => {
    const fixed = { ...standard, lifecycle: { ...standard.lifecycle, allowCustomTTL: false } };
    expect(violationsOf({ ttlHours: 24 }, fixed)).toEqual(['ttlHours NOT_ALLOWED']);
    expect(violationsOf({ ttlHours: 72 }, fixed)).toEqual([]);
  });
  test('may not cost more than the profile allows', () => {
    const { estimatedHourlyCost } = standard.costControls;
    const maxMonthlyCost = 78.5 * estimatedHourlyCost;
    const frugal = { ...standard, costControls: { ...standard.costControls, maxMonthlyCost } };
    expect(violationsOf({ ttlHours: 78 }, frugal)).toEqual([]);
    expect(violationsOf({ ttlHours: 79 }, frugal)).toEqual(['ttlHours COST_LIMIT']);
  });
});

describe('R17: the number of workers', () => {
  test('is the default of the profile, or what is asked for within its bounds', () => {
    expect(resolveRequest(request(), standard, alice).resolved?.workerReplicas).toBe(3);
    expect(resolveRequest(request({ workers: 10 }), standard, alice).resolved?.workerReplicas).toBe(10);
    expect(resolveRequest(request({ workers: 11 }), standard, alice).violations).toEqual([
      {
        field: 'workers',
        code: 'OUT_OF_RANGE',
        message: '11 workers are not allowed: use 2 to 10',
        allowed: ['2..10'],
      },
    ]);
    expect(violationsOf({ workers: 1 })).toEqual(['workers OUT_OF_RANGE']);
  });

  test('is fixed in a profile without bounds', () => {
    const workers = { replicas: 3, instanceType: 'm6i.2xlarge' };
    const fixed = { ...standard, compute: { ...standard.compute, workers } };
    expect(violationsOf({ workers: 3 }, fixed)).toEqual([]);
    expect(resolveRequest(request({ workers: 4 }), fixed, alice).violations).toMatchObject([
      { code: 'NOT_ALLOWED', message: '4 workers are not allowed: this profile has a fixed number of 3' },
    ]);
  });

  test('counts for the cost limit of the profile', () => {
    const tight = {
      ...standard,
      costControls: { estimatedHourlyCost: 1.2, maxMonthlyCost: 100 },
    };
    expect(violationsOf({ ttlHours: 83 }, tight)).toEqual([]);
    // Nine machines instead of six: $1.80 an hour.
    expect(resolveRequest(request({ ttlHours: 83, workers: 6 }), tight, alice).violations).toMatchObject([
      {
        code: 'COST_LIMIT',
        message: "at about $1.80 per hour this would exceed the profile's limit of $100",
        allowed: ['0.01..55'],
      },
    ]);
  });
});

describe('team and owner', () => {
  const inTwo = { ...alice, teams: ['blue', 'green'] };
  test('a team is needed when there are several, or none', () => {
    expect(violationsOf({}, standard, inTwo)).toEqual(['team REQUIRED']);
    expect(violationsOf({ team: 'green' }, standard, inTwo)).toEqual([]);
    expect(violationsOf({}, standard, { ...alice, teams: [] })).toEqual(['team REQUIRED']);
  });
  test('a caller names themselves at most', () => {
    expect(violationsOf({ owner: 'alice' })).toEqual([]);
    expect(violationsOf({ owner: 'bob' })).toEqual(['owner NOT_ALLOWED']);
  });
  test('an admin names whomever, and lands in a default team', () => {
    expect(resolveRequest(request({ team: 'red', owner: 'bob' }), standard, admin).resolved).toMatchObject({
      team: 'red',
      owner: 'bob',
    });
    expect(resolveRequest(request(), standard, admin).resolved).toMatchObject({
      team: 'default',
      owner: 'root',
    });
  });
  test('they become tags, so they must fit one', () => {
    expect(violationsOf({ team: 'a*b', costCenter: '' }, standard, admin)).toEqual([
      'team INVALID_FORMAT',
      'costCenter INVALID_FORMAT',
    ]);
  });
});

describe('the SSH key', () => {
  const rsa = `ssh-rsa ${rsaBlob()} alice`;
  const fips = { ...standard, features: { ...standard.features, fipsMode: true } };

  test('is taken in one line or several', () => {
    expect(violationsOf({ sshPublicKey: ED25519_KEY })).toEqual([]);
    expect(violationsOf({ sshPublicKey: `${ED25519_KEY}\r\n${rsa}\n` })).toEqual([]);
  });
  test('must be RSA or ECDSA with FIPS', () => {
    expect(violationsOf({ sshPublicKey: ED25519_KEY }, fips)).toEqual(['sshPublicKey NOT_ALLOWED']);
    expect(violationsOf({ sshPublicKey: rsa }, fips)).toEqual([]);
  });
  test.each([
    ['nothing', '\n'],
    ['one word', 'ssh-ed25519'],
    ['base 64 of something else', 'ssh-ed25519 aGVsbG8gd29ybGQ= a@b'],
    ['a cut key', ED25519_KEY.slice(0, 60)],
    ['another type than it says', ED25519_KEY.replace('ssh-ed25519', 'ssh-rsa')],
  ])('%s is refused', (_, sshPublicKey) => {
    expect(violationsOf({ sshPublicKey })).toEqual(['sshPublicKey INVALID_FORMAT']);
  });
  test('G15: a private key is refused without repeating it', () => {
    const sshPublicKey = '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n';
    const { violations } = resolveRequest(request({ sshPublicKey }), standard, alice);
    expect(violations?.[0]?.message).toContain('private key');
    expect(JSON.stringify(violations)).not.toContain('c2VjcmV0');
  });
});

test('a disabled profile is a violation too', () => {
  const minimal = { ...shippedProfile('aws-minimal-test'), enabled: false };
  const { violations } = resolveRequest(request(), minimal, alice);
  expect(violations?.map(({ field, code }) => `${field} ${code}`)).toEqual(['profile PROFILE_DISABLED']);
});

/** A real RSA key in SSH's wire format: type, exponent, modulus. */
function rsaBlob(): string {
  const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    format: 'jwk',
  });
  const positive = (text: string) => Buffer.concat([Buffer.from([0]), Buffer.from(text, 'base64url')]);
  const fields = [Buffer.from('ssh-rsa'), Buffer.from(e, 'base64url'), positive(n)];
  const blob = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return Buffer.concat(blob).toString('base64');
}
