import { expect, test } from 'vitest';
import { checkInstallConfig } from '../../../../src/control-plane/clusters/install-config/check-install-config.ts';
import { profileInstallConfigFaults } from '../../../../src/control-plane/clusters/install-config/profile-install-config.ts';
import {
  renderInstallConfig,
  renderMaskedInstallConfig,
} from '../../../../src/control-plane/clusters/install-config/render-install-config.ts';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { awsStandard } from '../policy/example.ts';
import { specOf } from './example.ts';

const standard = awsStandard();
const withFragment = (installConfig: Record<string, unknown>): Profile => ({ ...standard, installConfig });

test('R17: the fragment of a profile is merged last: mappings by key, the worker pool by name, other lists as a whole', () => {
  const plain = renderInstallConfig(specOf(standard));
  const profile = withFragment({
    proxy: { httpProxy: 'http://proxy.example.com:3128' },
    networking: { serviceNetwork: ['172.31.0.0/16'] },
    compute: [{ name: 'worker', platform: { aws: { amiID: 'ami-0a1b2c3d4e5f60718' } } }],
    platform: {
      aws: { defaultMachinePlatform: { rootVolume: { kmsKeyARN: 'arn:aws:kms:us-east-1:1:key/k' } } },
    },
  });
  const [worker] = plain.compute;
  expect(renderInstallConfig(specOf(profile))).toEqual({
    ...plain,
    proxy: { httpProxy: 'http://proxy.example.com:3128' },
    networking: { ...plain.networking, serviceNetwork: ['172.31.0.0/16'] },
    compute: [
      {
        ...worker,
        platform: {
          aws: {
            type: 'm6i.2xlarge',
            metadataService: { authentication: 'Required' },
            rootVolume: { type: 'gp3', size: 120, iops: 3000 },
            amiID: 'ami-0a1b2c3d4e5f60718',
          },
        },
      },
    ],
    platform: {
      aws: {
        ...('aws' in plain.platform ? plain.platform.aws : {}),
        defaultMachinePlatform: { rootVolume: { kmsKeyARN: 'arn:aws:kms:us-east-1:1:key/k' } },
      },
    },
  });
  expect(profileInstallConfigFaults(profile)).toEqual([]);
});

test('R17: a fragment is checked with the request, not only with the profile', () => {
  const profile = withFragment({ networking: { machineNetwork: [{ cidr: '10.0.0.0/28' }] } });
  expect(checkInstallConfig(specOf(profile)).map(({ field }) => field)).toContain(
    'networking.machineNetwork[0]',
  );
});

test('R17: existing subnets, hosted zone and zones are rendered for the version; zones of the profile win', () => {
  const aws = {
    ...standard.platformConfig.aws,
    subnets: ['subnet-0a1b2c3d4e5f60718'],
    hostedZone: 'Z0123456789ABCDEFGHIJ',
    zones: ['us-east-1b'],
  };
  const spec = { ...specOf({ ...standard, platformConfig: { aws } }), zones: ['us-east-1a', 'us-east-1c'] };
  const document = renderInstallConfig(spec);
  expect(document).toMatchObject({
    platform: { aws: { vpc: { subnets: [{ id: 'subnet-0a1b2c3d4e5f60718' }] }, hostedZone: aws.hostedZone } },
    controlPlane: { platform: { aws: { zones: ['us-east-1b'] } } },
    compute: [{ platform: { aws: { zones: ['us-east-1b'] } } }],
  });
  expect(checkInstallConfig(spec)).toEqual([]);
  const older = renderInstallConfig({ ...spec, resolved: { ...spec.resolved, version: '4.18.9' } });
  expect(older.platform).toMatchObject({ aws: { subnets: ['subnet-0a1b2c3d4e5f60718'] } });
});

test('G15: the password of a proxy is not in the plan of a request', () => {
  const httpsProxy = 'http://me:hunter2@proxy.example.com:3128';
  const spec = specOf(withFragment({ proxy: { httpsProxy } }));
  expect(renderInstallConfig(spec)).toMatchObject({ proxy: { httpsProxy } });
  expect(renderMaskedInstallConfig(spec)).toMatchObject({
    proxy: { httpsProxy: 'http://(masked)@proxy.example.com:3128' },
  });
});
