import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validateInstallConfig } from '../../../../src/control-plane/clusters/install-config/validate-install-config.ts';
import { ED25519_KEY } from '../policy/example.ts';
import { aws, type Document, problems } from './documents.ts';

describe('identity', () => {
  test('name and domain together have a limit, and a dot at the end is tolerated', () => {
    const domain = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.ee`;
    expect(problems(aws({ baseDomain: `${domain}.` }))).toEqual([]);
    expect(problems(aws({ baseDomain: domain, metadata: { name: 'x'.repeat(20) } }))).toEqual([
      'baseDomain Invalid',
    ]);
  });
  test('v1beta4 is converted, v2 not', () => {
    expect(problems(aws({ apiVersion: 'v1beta4' }))).toEqual([]);
    expect(problems(aws({ apiVersion: 'v2', baseDomain: '' }))).toEqual(['apiVersion Invalid']);
  });
});

describe('secrets', () => {
  test('G15: no message repeats a pull secret', () => {
    const found = validateInstallConfig(
      aws({ pullSecret: '{"auths":{"a":{"token":"hunter2"}}}', sshKey: 'hunter2' }),
    );
    expect(found.map(({ field }) => field)).toEqual(['pullSecret', 'sshKey']);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });
  test('FIPS takes no ed25519 key', () => {
    expect(problems(aws({ fips: true, sshKey: ED25519_KEY }))).toEqual(['sshKey Invalid']);
    expect(problems(aws({ sshKey: `${ED25519_KEY}\n` }))).toEqual([]);
  });
  test.each([`# mine\n${ED25519_KEY}`, `${ED25519_KEY}\n  \n${ED25519_KEY}`, `${ED25519_KEY}\nnot a key`])(
    'R14: the installer rejects a line that is not a key: %j',
    (sshKey) => expect(problems(aws({ sshKey }))).toEqual(['sshKey Invalid']),
  );
  test('a trust bundle is certificates to its end', () => {
    const pem = readFileSync(join(import.meta.dirname, 'certificate.pem'), 'utf8');
    expect(problems(aws({ additionalTrustBundle: pem }))).toEqual([]);
    expect(
      problems(aws({ additionalTrustBundle: pem + pem, additionalTrustBundlePolicy: 'Always' })),
    ).toEqual([]);
    expect(problems(aws({ additionalTrustBundle: `${pem}\nrest` }))).toEqual([
      'additionalTrustBundle Invalid',
    ]);
    expect(problems(aws({ additionalTrustBundle: pem.replace('MII', 'AAA') }))).toEqual([
      'additionalTrustBundle Invalid',
    ]);
  });
});

describe('networking', () => {
  const cases: [string, Document, string[]][] = [
    [
      'service network too large',
      { serviceNetwork: ['172.0.0.0/11'] },
      ['networking.serviceNetwork[0] Invalid'],
    ],
    [
      'two service networks',
      { serviceNetwork: ['172.30.0.0/16', '172.31.0.0/16'] },
      ['networking.serviceNetwork Invalid'],
    ],
    ['old plugin', { networkType: 'OpenShiftSDN' }, ['networking.networkType Invalid']],
    [
      'third-party plugin without host prefix',
      { networkType: 'Cilium', clusterNetwork: [{ cidr: '10.128.0.0/14' }] },
      [],
    ],
    [
      'masquerade network',
      { machineNetwork: [{ cidr: '169.254.0.0/20' }] },
      ['networking.machineNetwork[0] Invalid'],
    ],
    [
      'join network moved',
      {
        machineNetwork: [{ cidr: '100.64.0.0/16' }],
        ovnKubernetesConfig: { ipv4: { internalJoinSubnet: '100.65.0.0/16' } },
      },
      [],
    ],
    [
      'join network too small',
      { ovnKubernetesConfig: { ipv4: { internalJoinSubnet: '100.65.0.0/24' } } },
      ['networking.ovnKubernetesConfig.ipv4.internalJoinSubnet Invalid'],
    ],
    [
      'old names',
      {
        machineCIDR: '10.1.0.0/16',
        serviceCIDR: '172.31.0.0/16',
        type: 'ovnkubernetes',
        clusterNetworks: [{ cidr: '10.132.0.0/14', hostSubnetLength: 9 }],
      },
      [],
    ],
    [
      'old host subnet length too long',
      { clusterNetworks: [{ cidr: '10.132.0.0/14', hostSubnetLength: 20 }] },
      ['networking.clusterNetwork[0].hostPrefix Invalid'],
    ],
    [
      'IPv6 host prefix',
      { clusterNetwork: [{ cidr: 'fd01::/48', hostPrefix: 80 }] },
      ['networking.clusterNetwork[0].hostPrefix Invalid'],
    ],
    [
      'dual stack on AWS',
      { serviceNetwork: ['172.30.0.0/16', 'fd03::/112'] },
      ['networking Invalid', 'networking.clusterNetwork Invalid', 'networking.machineNetwork Invalid'],
    ],
    [
      'MTU with another plugin',
      { networkType: 'Cilium', clusterNetworkMTU: 1400 },
      ['networking.clusterNetworkMTU Invalid'],
    ],
  ];
  test.each(cases)('%s', (_, networking, expected) =>
    expect(problems(aws({ networking }))).toEqual(expected),
  );
});

describe('the rest', () => {
  const cases: [string, Document, string[]][] = [
    ['proxy: not a URL', { proxy: { httpProxy: 'p:80' } }, ['proxy.httpProxy Invalid']],
    [
      'proxy: address in the service network',
      { proxy: { httpsProxy: 'http://172.30.0.1' } },
      ['proxy.httpsProxy Invalid'],
    ],
    [
      'noProxy: wildcard',
      { proxy: { httpProxy: 'http://p', noProxy: '*.a.com' } },
      ['proxy.noProxy Invalid'],
    ],
    ['noProxy: IPv6', { proxy: { httpProxy: 'http://p', noProxy: 'fd00::/8,fd00::1,a.com.' } }, []],
    ['feature gates without their set', { featureGates: ['A=true'] }, ['featureGates Forbidden']],
    ['feature gates', { featureSet: 'CustomNoUpgrade', featureGates: ['A=true', 'B=0'] }, []],
    [
      'mixed strategy',
      { operatorPublishingStrategy: { ingress: 'Internal' } },
      ['operatorPublishingStrategy Invalid'],
    ],
    ['capabilities of the current version', { capabilities: { baselineCapabilitySet: 'vCurrent' } }, []],
    [
      'capabilities before the cloud ones',
      { capabilities: { baselineCapabilitySet: 'v4.14' } },
      ['additionalEnabledCapabilities Invalid', ...Array(3).fill('capabilities Invalid')],
    ],
    [
      'a mirror that is a host',
      { imageDigestSources: [{ source: 'quay.io/a', mirrors: ['r.local:5000', '10.0.0.1'] }] },
      [],
    ],
    [
      'a tag',
      { imageDigestSources: [{ source: 'quay.io/a:latest' }] },
      ['imageDigestSources[0].source Invalid'],
    ],
    [
      'a repository without registry',
      { imageDigestSources: [{ source: 'a/b' }] },
      ['imageDigestSources[0].source Invalid'],
    ],
    [
      'a registry in capitals',
      { imageDigestSources: [{ source: 'quay.io/A' }] },
      ['imageDigestSources[0].source Invalid'],
    ],
    [
      'both image sources',
      { imageDigestSources: [{ source: 'quay.io/a' }], imageContentSources: [{ source: 'quay.io/a' }] },
      ['imageContentSources Invalid'],
    ],
    ['an arbiter', { arbiter: { name: 'arbiter', platform: {} } }, ['arbiter.platform NotSupported']],
  ];
  test.each(cases)('%s', (_, more, expected) => expect(problems(aws(more))).toEqual(expected));
});
