import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { profileJsonSchema } from '../../../../scripts/pages/profile-schema.ts';
import { checkProfile } from '../../../../src/control-plane/clusters/profiles/check-profile.ts';
import { loadProfiles } from '../../../../src/control-plane/clusters/profiles/load-profiles.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';

const SHIPPED = join(import.meta.dirname, '../../../../profiles');
const standard = readFileSync(join(SHIPPED, 'aws-standard.yaml'), 'utf8');

let site: string;
beforeEach(() => {
  site = mkdtempSync(join(tmpdir(), 'profiles-'));
});
afterEach(() => rmSync(site, { recursive: true, force: true }));

function problemsOf(text: string, file = '/site/aws-standard.yaml'): string[] {
  const { problems } = checkProfile(file, text);
  return (problems ?? []).map((p) => `${p.line}:${p.column} ${p.path}: ${p.message}`);
}

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.[\]]/g, '\\$&')}`);
}

function messageOfLoading(directories: string[]): string {
  try {
    loadProfiles(directories);
  } catch (error) {
    if (error instanceof SetupError) return error.message;
    throw error;
  }
  return '';
}

describe('shipped profiles', () => {
  test('are the four of the design, with its figures', () => {
    const rows = loadProfiles([SHIPPED])
      .list()
      .map((p) => [
        p.name,
        p.enabled,
        `${p.compute.controlPlane.replicas} ${p.compute.controlPlane.instanceType}`,
        p.compute.controlPlane.schedulable,
        `${p.compute.workers.replicas} ${p.compute.workers.instanceType}`,
        `${p.lifecycle.defaultTTLHours}/${p.lifecycle.maxTTLHours}`,
        p.costControls.estimatedHourlyCost,
        p.platform === 'aws' ? p.tags.required['Environment'] : 'no tags',
      ]);
    expect(rows).toEqual([
      ['aws-minimal-test', true, '3 m6i.xlarge', true, '0 m6i.2xlarge', '24/72', 0.756, 'test'],
      ['aws-standard', true, '3 m6i.xlarge', false, '3 m6i.2xlarge', '72/168', 1.908, 'development'],
      ['ibm-minimal-test', false, '3 bx2-4x16', true, '0 bx2-8x32', '24/72', 0.762, 'no tags'],
      ['ibm-standard', false, '3 bx2-4x16', false, '3 bx2-8x32', '72/168', 1.926, 'no tags'],
    ]);
  });

  test('the JSON schema for editors is the one that the code makes', () => {
    const committed = JSON.parse(readFileSync(join(SHIPPED, 'profile.schema.json'), 'utf8'));
    expect(committed).toEqual(profileJsonSchema());
  });
});

describe("a site's own profiles", () => {
  test('add to the shipped ones', () => {
    writeFileSync(join(site, 'aws-site.yaml'), standard.replace('name: aws-standard', 'name: aws-site'));
    const profiles = loadProfiles([SHIPPED, site]);
    expect(profiles.get('aws-site')?.platform).toBe('aws');
    expect(profiles.list()).toHaveLength(5);
    expect(profiles.get('aws-nothing')).toBeUndefined();
  });

  test('cannot replace a shipped one', () => {
    writeFileSync(join(site, 'aws-standard.yaml'), standard);
    expect(messageOfLoading([SHIPPED, site])).toContain(
      `${join(site, 'aws-standard.yaml')}:1:1 name: "aws-standard" is already defined in ${join(SHIPPED, 'aws-standard.yaml')}`,
    );
  });

  test('every problem of every file comes in one error', () => {
    writeFileSync(join(site, 'aws-one.yaml'), 'name: aws-one\nplatform: gcp\n');
    writeFileSync(join(site, 'aws-two.yaml'), '- a list\n');
    const message = messageOfLoading([site, join(site, 'missing')]);
    expect(message).toMatch(/^3 problems in the cluster profiles:/);
    expect(message).toContain('aws-one.yaml:2:1 platform: must be aws or ibmcloud');
    expect(message).toContain('aws-two.yaml:1:1 must be a mapping');
    expect(message).toContain('cannot read the profile directory');
  });

  test('a file is named like its profile', () => {
    expect(problemsOf(standard, '/site/aws-other.yaml')).toEqual([
      '2:1 name: is "aws-standard" in a file called "aws-other.yaml"; fix: rename one of them',
    ]);
  });
});

describe('a malformed profile', () => {
  test.each([
    [
      'an unquoted version',
      standard.replace('default: "4.20.3"', 'default: 4.20'),
      'default: 4.20',
      'openshiftVersions.default: 4.20 is read as the number 4.2, not as text; fix: quote it: "4.20"',
    ],
    [
      'an unquoted version in a list',
      standard.replace('allowlist: ["4.20.3", ', 'allowlist: [4.20, '),
      '4.20, "4.20.4"',
      'openshiftVersions.allowlist[0]: 4.20 is read as the number 4.2, not as text; fix: quote it: "4.20"',
    ],
    [
      'a misspelt key',
      standard.replace('maxTTLHours', 'maxTtlHour'),
      'maxTtlHour: 168',
      'lifecycle.maxTtlHour: is not a field of a profile; did you mean "maxTTLHours"?',
    ],
    [
      'a missing field',
      standard.replace('  maxTTLHours: 168\n', ''),
      'lifecycle:',
      'lifecycle.maxTTLHours: is missing; fix: add it',
    ],
    [
      'a key twice',
      `${standard}platform: aws\n`,
      'platform: aws',
      ': is a duplicate key; fix: remove one of them',
    ],
    [
      'a default outside its allowlist',
      standard.replace('default: us-east-1', 'default: eu-west-1'),
      'default: eu-west-1',
      'regions.default: must be in the allowlist',
    ],
    [
      'an even control plane',
      standard.replace('replicas: 3', 'replicas: 4'),
      'replicas: 4',
      'compute.controlPlane.replicas: must be 1, 3 or 5: etcd needs an odd number',
    ],
    [
      'a default lifetime over the maximum',
      standard.replace('defaultTTLHours: 72', 'defaultTTLHours: 169'),
      'defaultTTLHours: 169',
      'lifecycle.defaultTTLHours: must not exceed maxTTLHours',
    ],
    [
      'no machine that may run anything',
      standard.replace('replicas: 3\n    instanceType: m6i.2x', 'replicas: 0\n    instanceType: m6i.2x'),
      'schedulable: false',
      'compute.controlPlane.schedulable: must be true if workers.replicas is 0, because workloads need a node',
    ],
    [
      'a field that nothing reads',
      standard.replace('fipsMode: false', 'fipsMode: false\n  offHoursScaling: true'),
      'offHoursScaling: true',
      'features.offHoursScaling: is not a field of a profile; fix: remove it',
    ],
    [
      "the other platform's name",
      standard.replace('name: aws-standard', 'name: ibm-standard'),
      'name: ibm-standard',
      'name: must start with "aws-"',
    ],
    [
      'a network with bits behind its prefix',
      standard.replace('cidr: 10.0.0.0/16', 'cidr: 10.0.0.1/16'),
      'cidr: 10.0.0.1/16',
      'networking.machineNetwork[0].cidr: must be a network address, without bits outside its prefix',
    ],
    [
      'networks that overlap',
      standard.replace('cidr: 10.0.0.0/16', 'cidr: 10.128.0.0/16'),
      'networking:',
      'networking: 10.128.0.0/14 and 10.128.0.0/16 overlap',
    ],
    [
      'a volume without the speed that its type needs',
      standard.replace('type: gp3', 'type: io1').replace('      iops: 3000\n', ''),
      'rootVolume:',
      'platformConfig.aws.rootVolume.iops: is required for io1 and io2, optional for gp3, and not allowed for gp2',
    ],
  ])('%s is rejected with its position and the fix', (_, text, pointedAt, expected) => {
    const { problems } = checkProfile('/site/aws-standard.yaml', text);
    const told = (problems ?? []).map(({ line, column, path, message }) => ({
      at: text.split('\n')[line - 1]?.slice(column - 1),
      what: `${path}: ${message}`,
    }));
    expect(told).toContainEqual({ at: expect.stringMatching(startingWith(pointedAt)), what: expected });
  });

  test('all problems of a file are told at once', () => {
    const text = standard
      .replace('default: "4.20.3"', 'default: 4.20')
      .replace('hostPrefix: 23', 'hostPrefix: x');
    expect(problemsOf(text)).toHaveLength(2);
  });

  test('an alias bomb is refused, not expanded', () => {
    const row = (name: string) => `[${Array.from({ length: 9 }, () => `*${name}`).join(', ')}]`;
    const bomb = `a: &a [x, x, x]\nb: &b ${row('a')}\nc: &c ${row('b')}\nd: &d ${row('c')}\n`;
    expect(problemsOf(bomb)).toEqual(['1:1 : uses too many YAML aliases']);
  });

  test.each([
    ['an empty file', '', 'must be a mapping'],
    ['broken YAML', 'a: [x\n', 'is not valid YAML'],
    ['a huge file', `# ${'x'.repeat(70_000)}\n`, 'is larger than 64 KiB'],
  ])('%s is one plain problem', (_, text, expected) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(expected)]);
  });

  test('an IBM profile has no tags, because nothing attaches them', () => {
    const ibm = readFileSync(join(SHIPPED, 'ibm-standard.yaml'), 'utf8');
    const withTags = `${ibm}\ntags: {required: {Environment: test}, defaults: {}, allowUserTags: true}\n`;
    expect(problemsOf(withTags, '/site/ibm-standard.yaml')).toEqual([expect.stringContaining('tags: ')]);
  });

  test('an IBM profile names VPC and subnets together or not at all, in one region', () => {
    const ibm = readFileSync(join(SHIPPED, 'ibm-standard.yaml'), 'utf8');
    const file = '/site/ibm-standard.yaml';
    const withConfig = (yaml: string) => ibm.replace('ibmcloud: {}', `ibmcloud: ${yaml}`);
    expect(problemsOf(withConfig('{vpcName: v}'), file)).toContainEqual(
      expect.stringContaining('must be set together'),
    );
    expect(
      problemsOf(withConfig('{vpcName: v, controlPlaneSubnets: [a], computeSubnets: [b]}'), file),
    ).toEqual([expect.stringContaining('regions.allowlist: must have one region only')]);
  });
});
