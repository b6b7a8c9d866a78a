import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { profileInstallConfigFaults } from '../../../../src/control-plane/clusters/install-config/profile-install-config.ts';
import { loadProfiles } from '../../../../src/control-plane/clusters/profiles/load-profiles.ts';
import { openClusterServices } from '../../../../src/control-plane/clusters/startup/cluster-services.ts';
import type { Infrastructure } from '../../../../src/control-plane/kernel/api/infrastructure.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { serverConfig } from '../../../../src/control-plane/settings/server-config.ts';
import { awsStandard, shippedProfile } from '../policy/example.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const SHIPPED = join(ROOT, 'profiles');

test.each(
  loadProfiles([SHIPPED])
    .list()
    .map((profile) => [profile.name, profile] as const),
)('clusters of the shipped profile %s can be installed in each region and base domain', (_, profile) => {
  expect(profileInstallConfigFaults(profile)).toEqual([]);
});

test('each region of a profile is checked', () => {
  const profile = shippedProfile('aws-standard');
  const regions = { ...profile.regions, allowlist: ['us-east-1', 'cn-north-1'] };
  const messages = profileInstallConfigFaults({ ...profile, regions }).map(({ message }) => message);
  const noImage = expect.stringMatching(/^amiID must be given in .*\(in cn-north-1\)$/);
  expect(messages).toEqual([noImage, noImage]);
});

test('the credentials mode of the cloud is part of the check', () => {
  const profile = shippedProfile('aws-standard');
  expect(profileInstallConfigFaults(profile, { credentialsMode: 'Manual' })).toEqual([]);
});

test('R12: the sample request has the longest name and all tags that a request can add', () => {
  const profile = awsStandard();
  const defaults = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`Tag${n}`, 'x']));
  expect(profileInstallConfigFaults({ ...profile, tags: { ...profile.tags, defaults } })).toEqual([]);
  const long = `${Array(4).fill('l'.repeat(62)).join('.')}.a`;
  const baseDomains = { allowlist: ['labs.example.com', long], default: long };
  expect(profileInstallConfigFaults({ ...profile, baseDomains })).toMatchObject([
    { path: ['baseDomains', 'allowlist', 1], fix: 'use a shorter domain' },
  ]);
});

test('a server does not start with a profile that cannot be installed, and names file and field', () => {
  const site = mkdtempSync(join(tmpdir(), 'profiles-'));
  onTestFinished(() => rmSync(site, { recursive: true, force: true }));
  const text = readFileSync(join(SHIPPED, 'aws-standard.yaml'), 'utf8')
    .replace('name: aws-standard', 'name: aws-site')
    .replace('- cidr: 10.0.0.0/16', '- cidr: 100.64.0.0/16');
  writeFileSync(join(site, 'aws-site.yaml'), text);
  const config = serverConfig({ profileDirs: [site], sandbox: true, dataDir: site }, {});
  const start = () => openClusterServices(config, { root: ROOT } as Infrastructure, 'ins_test');
  expect(start).toThrow(SetupError);
  expect(start).toThrow(
    `${join(site, 'aws-site.yaml')}:42:7: networking.machineNetwork[0].cidr: 100.64.0.0/16 must not overlap with the join network 100.64.0.0/16 of OVNKubernetes; fix: use another network, such as 10.0.0.0/16`,
  );
});
