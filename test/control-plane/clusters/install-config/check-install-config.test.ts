import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkProfileInstallConfig } from '../../../../src/control-plane/clusters/install-config/check-install-config.ts';
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
  expect(checkProfileInstallConfig(profile)).toEqual([]);
});

test('each region of a profile is checked', () => {
  const profile = shippedProfile('aws-standard');
  const regions = { ...profile.regions, allowlist: ['us-east-1', 'cn-north-1'] };
  expect(checkProfileInstallConfig({ ...profile, regions })).toEqual([
    expect.stringMatching(
      /^the install-config is invalid: controlPlane\.platform\.aws: amiID must be given in/,
    ),
    expect.stringMatching(
      /^the install-config is invalid: compute\[0\]\.platform\.aws: amiID must be given in/,
    ),
  ]);
});

test('the credentials mode of the cloud is part of the check', () => {
  const profile = shippedProfile('aws-standard');
  expect(checkProfileInstallConfig(profile, 'Manual')).toEqual([]);
});

test('R12: a profile with more tags than a cluster may have is told so, not each request', () => {
  const profile = awsStandard();
  const defaults = Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`Tag${n}`, 'x']));
  expect(checkProfileInstallConfig({ ...profile, tags: { ...profile.tags, defaults } })).toEqual([
    expect.stringContaining('platform.aws.userTags: must have at most 25 items'),
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
  const start = () => openClusterServices(config, { root: ROOT } as Infrastructure);
  expect(start).toThrow(SetupError);
  expect(start).toThrow(
    `${join(site, 'aws-site.yaml')}:1:1 the install-config is invalid: networking.machineNetwork[0]: must not overlap with the join network 100.64.0.0/16 of OVNKubernetes`,
  );
});
