import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { serialiseInstallConfig } from '../../../../src/control-plane/clusters/install-config/install-config-document.ts';
import { manifestPatches } from '../../../../src/control-plane/clusters/install-config/manifest-patches.ts';
import {
  MASKED_PULL_SECRET,
  renderInstallConfig,
  renderMaskedInstallConfig,
} from '../../../../src/control-plane/clusters/install-config/render-install-config.ts';
import { validateInstallConfig } from '../../../../src/control-plane/clusters/install-config/validate-install-config.ts';
import type { ClusterRequest } from '../../../../src/control-plane/clusters/policy/cluster-request.ts';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { ED25519_KEY, shippedProfile } from '../policy/example.ts';
import { PULL_SECRET, specOf } from './example.ts';

interface Option {
  readonly profile?: (profile: Profile) => Profile;
  readonly request?: Partial<ClusterRequest>;
}

/** What may differ from a plain request of the profile. */
const OPTIONS: Readonly<Record<string, Option>> = {
  plain: {},
  'everything asked for': {
    request: {
      name: 'on',
      version: '4.20.5',
      baseDomain: 'dev.example.com',
      costCenter: 'cc-7',
      tags: { Ticket: 'OPS-1' },
      sshPublicKey: ED25519_KEY,
    },
  },
  'private with FIPS': {
    profile: (profile) => ({
      ...profile,
      features: { ...profile.features, fipsMode: true, privateCluster: true },
    }),
  },
  'networks of the site': {
    profile: (profile) => ({
      ...profile,
      networking: {
        networkType: 'OVNKubernetes',
        clusterNetworks: [{ cidr: '10.64.0.0/14', hostPrefix: 24 }],
        serviceNetwork: ['10.96.0.0/16'],
        machineNetwork: [{ cidr: '192.168.0.0/20' }, { cidr: '192.168.16.0/20' }],
      },
    }),
  },
  'the machines of the site': { profile: siteMachines },
};

function siteMachines(profile: Profile): Profile {
  if (profile.platform === 'aws') {
    const aws = { instanceMetadataService: 'optional', rootVolume: { type: 'gp2', size: 200 } } as const;
    const { controlPlane, workers } = profile.compute;
    const compute = {
      controlPlane: { ...controlPlane, instanceType: 'm7g.xlarge' },
      workers: { ...workers, instanceType: 'm7g.2xlarge' },
    };
    return { ...profile, compute, platformConfig: { aws } };
  }
  const ibmcloud = {
    resourceGroup: 'labs',
    networkResourceGroup: 'network',
    vpcName: 'labs-vpc',
    controlPlaneSubnets: ['cp-1', 'cp-2'],
    computeSubnets: ['w-1'],
  };
  return { ...profile, platformConfig: { ibmcloud } };
}

describe.each(['aws-minimal-test', 'aws-standard', 'ibm-minimal-test', 'ibm-standard'])('%s', (name) => {
  const shipped = shippedProfile(name);
  const rendered = shipped.regions.allowlist.flatMap((region) =>
    Object.entries(OPTIONS).map(([option, { profile = (same: Profile) => same, request = {} }]) => {
      const spec = specOf(profile(shipped), { region, ...request });
      return {
        title: `${region}, ${option}`,
        document: renderInstallConfig(spec),
        patches: manifestPatches(spec),
      };
    }),
  );

  test('renders every region and option as the golden file says', async () => {
    const golden = Object.fromEntries(
      rendered.map(({ title, document, patches }) => [title, { document, patches }]),
    );
    const file = join(import.meta.dirname, `${name}.golden.json`);
    await expect(`${JSON.stringify(golden, null, 2)}\n`).toMatchFileSnapshot(file);
  });

  test.each(rendered)('$title: the installer would accept it', ({ document }) => {
    expect(validateInstallConfig(document)).toEqual([]);
    expect(validateInstallConfig(parse(serialiseInstallConfig(document), { version: '1.1' }))).toEqual([]);
  });
});

describe('what may never be left to a default', () => {
  test('AWS: publish, tags on everything, metadata service, root volume, FIPS, an empty worker pool', () => {
    const document = renderInstallConfig(specOf(shippedProfile('aws-minimal-test')));
    const machine = {
      metadataService: { authentication: 'Required' },
      rootVolume: { type: 'gp3', size: 120, iops: 3000 },
    };
    expect(document).toMatchObject({
      publish: 'External',
      fips: false,
      controlPlane: { name: 'master', replicas: 3, platform: { aws: { type: 'm6i.xlarge', ...machine } } },
      compute: [{ name: 'worker', replicas: 0, platform: { aws: { type: 'm6i.2xlarge', ...machine } } }],
      platform: {
        aws: { propagateUserTags: true, userTags: { ManagedBy: 'cluster-control-plane', Owner: 'alice' } },
      },
    });
    expect(document).not.toHaveProperty('credentialsMode');
  });

  test('IBM Cloud: credentials mode Manual; a group and a VPC only when the site has them', () => {
    const document = renderInstallConfig(specOf(shippedProfile('ibm-standard')));
    expect(document).toMatchObject({ credentialsMode: 'Manual', publish: 'External' });
    expect(document.platform).toEqual({ ibmcloud: { region: 'us-south' } });
  });

  test('a private cluster is published internally', () => {
    const profile = shippedProfile('aws-standard');
    const document = renderInstallConfig(
      specOf({ ...profile, features: { ...profile.features, privateCluster: true } }),
    );
    expect(document.publish).toBe('Internal');
  });
});

describe('the scheduler manifest', () => {
  const standard = shippedProfile('aws-standard');
  const { controlPlane, workers } = standard.compute;

  test('is ours when a schedulable control plane has workers beside it', () => {
    const profile = {
      ...standard,
      compute: { controlPlane: { ...controlPlane, schedulable: true }, workers },
    };
    const [patch, ...rest] = manifestPatches(specOf(profile));
    expect(rest).toEqual([]);
    expect(patch?.path).toBe('manifests/cluster-scheduler-02-config.yml');
    expect(parse(patch?.content ?? '')).toMatchObject({
      kind: 'Scheduler',
      spec: { mastersSchedulable: true },
    });
  });

  test("is the installer's own otherwise", () => {
    expect(manifestPatches(specOf(standard))).toEqual([]);
    expect(manifestPatches(specOf(shippedProfile('aws-minimal-test')))).toEqual([]);
  });
});

describe('serialised', () => {
  test.each(['on', 'off', 'yes', 'no', 'y', 'null', '1e3', '0x1f', '012', '1-0', '2024-01-01'])(
    'S43: a cluster called %s stays a string under YAML 1.1',
    (name) => {
      const document = renderInstallConfig(specOf(shippedProfile('aws-standard'), { name }));
      expect(parse(serialiseInstallConfig(document), { version: '1.1' })).toEqual(document);
    },
  );

  test('S43: characters that YAML 1.1 reads as line breaks cannot add a key', () => {
    const spec = specOf(shippedProfile('aws-standard'));
    const evil = '{"auths":{"a\u2028fips: true\u0085b\ufeff\u007f😀":{"auth":""}}}';
    const document = renderInstallConfig({ ...spec, pullSecret: evil });
    const text = serialiseInstallConfig(document);
    expect(text).not.toMatch(/[\u0085\u2028\ufeff\u007f]/);
    expect(parse(text, { version: '1.1' })).toEqual(document);
  });
});

test('G15: the masked document has everything but the pull secret', () => {
  const spec = specOf(shippedProfile('aws-standard'));
  const masked = renderMaskedInstallConfig(spec);
  expect(masked).toEqual({ ...renderInstallConfig(spec), pullSecret: MASKED_PULL_SECRET });
  expect(JSON.stringify(masked)).not.toContain('aHVudGVyMjpodW50ZXIy');
  expect(PULL_SECRET).toContain('aHVudGVyMjpodW50ZXIy');
});
