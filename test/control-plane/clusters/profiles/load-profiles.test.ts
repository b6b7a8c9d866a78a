import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { profileJsonSchema } from '../../../../scripts/pages/profile-schema.ts';
import { checkProfile } from '../../../../src/control-plane/clusters/profiles/check-profile.ts';
import { loadProfiles } from '../../../../src/control-plane/clusters/profiles/load-profiles.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { BROKEN_PROFILES, EXPIRED, PRIVATE_KEY } from './broken-profiles.ts';

const SHIPPED = join(import.meta.dirname, '../../../../profiles');
const standard = readFileSync(join(SHIPPED, 'aws-standard.yaml'), 'utf8');

let site: string;
beforeEach(() => {
  site = mkdtempSync(join(tmpdir(), 'profiles-'));
});
afterEach(() => rmSync(site, { recursive: true, force: true }));

function problemsOf(text: string, file = '/site/aws-standard.yaml'): string[] {
  const { problems } = checkProfile(file, text);
  return (problems ?? []).map((p) => `${p.line}:${p.column} ${p.path}: ${p.message}; fix: ${p.fix}`);
}

function startingWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[.[\]"]/g, '\\$&')}`);
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
        p.platform === 'aws' ? p.tags.required['Environment'] : 'no tags',
      ]);
    expect(rows).toEqual([
      ['aws-minimal-test', true, '3 m6i.xlarge', true, '0 m6i.2xlarge', '24/72', 'test'],
      ['aws-standard', true, '3 m6i.xlarge', false, '3 m6i.2xlarge', '72/168', 'development'],
      ['ibm-minimal-test', false, '3 bx2-4x16', true, '0 bx2-8x32', '24/72', 'no tags'],
      ['ibm-standard', false, '3 bx2-4x16', false, '3 bx2-8x32', '72/168', 'no tags'],
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
      `${join(site, 'aws-standard.yaml')}:1:1: name: "aws-standard" is already defined in ${join(SHIPPED, 'aws-standard.yaml')}`,
    );
  });

  test('every problem of every file comes in one error', () => {
    writeFileSync(join(site, 'aws-one.yaml'), 'name: aws-one\nplatform: gcp\n');
    writeFileSync(join(site, 'aws-two.yaml'), '- a list\n');
    const message = messageOfLoading([site, join(site, 'missing')]);
    expect(message).toMatch(/^3 problems in the cluster profiles:/);
    expect(message).toContain(
      'aws-one.yaml:2:1: platform: "gcp" is not a platform; fix: use aws or ibmcloud',
    );
    expect(message).toContain('aws-two.yaml:1:1: must be a mapping');
    expect(message).toContain('missing:1:1: cannot be read: no such file');
  });

  test('a file is named like its profile', () => {
    expect(problemsOf(standard, '/site/aws-other.yaml')).toEqual([
      '2:1 name: is "aws-standard" in a file called "aws-other.yaml"; fix: rename one of them',
    ]);
  });
});

describe('a malformed profile', () => {
  test.each(BROKEN_PROFILES)('$what is rejected with its position and the fix', (broken) => {
    const text = standard.replace(...broken.patch);
    expect(text).not.toBe(standard);
    const { problems = [] } = checkProfile('/site/aws-standard.yaml', text, { now: new Date('2026-11-28') });
    const told = problems.map(({ line, column, path, message, fix }) => ({
      at: text.split('\n')[line - 1]?.slice(column - 1),
      message: path === '' ? message : `${path}: ${message}`,
      fix,
    }));
    const { message, fix } = broken;
    expect(told).toEqual([{ at: expect.stringMatching(startingWith(broken.at)), message, fix }]);
  });

  test('R12: unknown fields do not hide what AWS rejects', () => {
    const text = standard
      .replace('fipsMode: false', 'fipsMode: false\n  offHoursScaling: true')
      .replace('Purpose: development', 'Name: shared');
    expect(problemsOf(text)).toEqual([
      '53:3 features.offHoursScaling: is not a field of a profile; fix: remove it',
      '48:5 tags.defaults.Name: the key Name is taken by the installer; fix: remove the tag',
    ]);
  });

  test('R12: a wrong value does not hide what AWS rejects elsewhere, nor unknown fields', () => {
    const text = standard
      .replace('defaultTTLHours: 72', 'defaultTTLHours: 169')
      .replace('schedulable: false', 'schedulable: 1\n    spot: true')
      .replace('[us-east-1, us-east-2', '[us-gov-west-1, us-east-2')
      .replace('default: us-east-1', 'default: us-east-2')
      .replace('Purpose: development', 'Name: shared')
      .replace('- cidr: 10.0.0.0/16', '- cidr: 10.0.0.0/12');
    expect(problemsOf(text).map((line) => line.split(' ')[1])).toEqual([
      'compute.controlPlane.schedulable:',
      'compute.controlPlane.spot:',
      'lifecycle.defaultTTLHours:',
      'regions.allowlist[0]:',
      'tags.defaults.Name:',
      'networking.machineNetwork[0].cidr:',
    ]);
  });

  test('R17: a wrong settable field does not hide what is wrong with the others, nor does a wrong installConfig', () => {
    const settable = [
      '{ key: networking.mtu, type: integer }',
      '{ key: networking.clusterNetworkMTU, type: number }',
      '{ key: publish, type: string }',
      'text',
      '{ key: cpuPartitioningMode, type: string, values: [None, Some] }',
    ];
    const text = standard.replace(
      'lifecycle:',
      `settable:\n${settable.map((item) => `  - ${item}\n`).join('')}installConfig: { proxi: 1 }\nlifecycle:`,
    );
    expect(problemsOf(text).map((line) => line.split(' ')[1])).toEqual([
      'settable[1].type:',
      'settable[3]:',
      'settable[2].key:',
      'installConfig.proxi:',
      'settable[0].key:',
      'settable[4].values[1]:',
    ]);
  });

  test('R17: a bundle file has its problems at its own lines', () => {
    writeFileSync(join(site, 'ca.pem'), `# ours\n${EXPIRED}\n${PRIVATE_KEY}\n`);
    const file = join(site, 'aws-standard.yaml');
    const text = standard.replace('lifecycle:', 'additionalTrustBundleFile: ca.pem\nlifecycle:');
    const { problems = [] } = checkProfile(file, text, { now: new Date('2026-11-28') });
    expect(problems.map(({ file: at, line, path, message }) => ({ at, line, path, message }))).toEqual([
      {
        at: join(site, 'ca.pem'),
        line: 2,
        path: 'additionalTrustBundleFile',
        message: '"ca.pem" has a certificate (CN=expired example) that expired on 2021-01-01 (line 2)',
      },
      {
        at: join(site, 'ca.pem'),
        line: expect.any(Number),
        path: 'additionalTrustBundleFile',
        message: expect.stringMatching(/^"ca.pem" has a private key \(line \d+\)$/),
      },
    ]);
  });

  test.each([
    ['missing.pem', 'cannot be read: no such file'],
    ['.', 'is not a regular file'],
  ])('R17: the bundle file %s is told at its field', (name, message) => {
    const text = standard.replace('lifecycle:', `additionalTrustBundleFile: ${name}\nlifecycle:`);
    expect(problemsOf(text, join(site, 'aws-standard.yaml'))[0]).toContain(
      `additionalTrustBundleFile: "${name}" ${message}`,
    );
  });

  test('a misspelt key is told with the key that was meant', () => {
    expect(problemsOf(standard.replace('maxTTLHours', 'maxTtlHour'))).toContain(
      '30:3 lifecycle.maxTtlHour: is not a field of a profile; fix: rename it to "maxTTLHours"',
    );
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
    expect(problemsOf(bomb)).toEqual(['1:1 : uses too many YAML aliases; fix: write the values out']);
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

  test('R17: a role for a hosted zone needs a credentials mode that the installer uses it in', () => {
    const text = standard
      .replace(
        '    rootVolume:',
        `    subnets: [subnet-0a1b2c3d4e5f60718]
    hostedZone: Z0123456789ABCDEFGHIJ
    hostedZoneRole: arn:aws:iam::444455556666:role/cluster-zones
    rootVolume:`,
      )
      .replace('[us-east-1, us-east-2, us-west-1, us-west-2]', '[us-east-1]');
    const file = '/site/aws-standard.yaml';
    // Without a server its mode is not known.
    expect(checkProfile(file, text).problems).toBeUndefined();
    for (const mode of ['Manual', 'Passthrough'] as const)
      expect(checkProfile(file, text, { credentialsModeOf: () => mode }).problems).toBeUndefined();
    expect(checkProfile(file, text, { credentialsModeOf: () => undefined }).problems).toMatchObject([
      {
        path: 'platformConfig.aws.hostedZoneRole',
        line: expect.any(Number),
        message: 'a hostedZoneRole needs credentialsMode Passthrough or Manual',
        fix: 'set OCPCTL_AWS_CREDENTIALS_MODE of the server to Manual or Passthrough',
      },
    ]);
  });

  test('an IBM profile names VPC and subnets together or not at all, in one region', () => {
    const ibm = readFileSync(join(SHIPPED, 'ibm-standard.yaml'), 'utf8');
    const file = '/site/ibm-standard.yaml';
    const withConfig = (yaml: string) => ibm.replace('ibmcloud: {}', `ibmcloud: ${yaml}`);
    expect(problemsOf(withConfig('{vpcName: v}'), file)).toContainEqual(
      expect.stringContaining('needs vpcName, controlPlaneSubnets and computeSubnets together'),
    );
    expect(
      problemsOf(withConfig('{vpcName: v, controlPlaneSubnets: [a], computeSubnets: [b]}'), file),
    ).toEqual([expect.stringContaining('regions.allowlist: has more than one region')]);
  });
});
