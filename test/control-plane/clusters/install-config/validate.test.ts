import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateInstallConfig } from '../../../../src/control-plane/clusters/install-config/validate.ts';
import { ED25519_KEY } from '../policy/example.ts';

const SUBNET = 'subnet-0123456789abcdef0';
const UUID = '7746c915-cc90-4850-905d-f0228526b226';

type Document = Record<string, unknown>;

function config(platform: Document, more: Document = {}): Document {
  return {
    apiVersion: 'v1',
    metadata: { name: 'demo' },
    baseDomain: 'example.com',
    platform,
    pullSecret: '{"auths":{"quay.io":{"auth":"c2VjcmV0OnNlY3JldA=="}}}',
    ...more,
  };
}

const aws = (more: Document = {}, platform: Document = {}) =>
  config({ aws: { region: 'us-east-1', ...platform } }, more);
const ibm = (more: Document = {}, platform: Document = {}) =>
  config({ ibmcloud: { region: 'us-south', ...platform } }, { credentialsMode: 'Manual', ...more });
const openstack = (more: Document = {}, platform: Document = {}) =>
  config({ openstack: { cloud: 'c', ...platform } }, more);
const controlPlane = (platform: Document, more: Document = {}) => ({
  controlPlane: { name: 'master', replicas: 3, platform, ...more },
});

function problems(document: unknown): string[] {
  return validateInstallConfig(document)
    .map(({ field, type }) => `${field} ${type.replace('FieldValue', '')}`)
    .sort();
}

describe('names and types', () => {
  test.each([null, [], 'text', 1])('%j is no document', (document) => {
    expect(problems(document)).toEqual([' FieldTypeInvalid']);
  });

  test('an unknown key is refused, with the likeliest meant', () => {
    const [problem] = validateInstallConfig(aws({ pullsecret: 'x' }));
    expect(problem).toEqual({
      field: 'pullsecret',
      type: 'FieldUnknown',
      message: 'is not a field of install-config 4.20; did you mean "pullSecret"?',
    });
    expect(problems(aws({}, { usertags: {} }))).toEqual(['platform.aws.usertags FieldUnknown']);
    expect(problems(aws({ constructor: 1, ['__proto__']: 1 }))).toEqual([
      '__proto__ FieldUnknown',
      'constructor FieldUnknown',
    ]);
  });

  test('a wrong type hides the rules, as the installer cannot read on', () => {
    expect(problems(aws({ fips: 'yes', publish: 'nowhere' }))).toEqual(['fips FieldTypeInvalid']);
    expect(problems(aws(controlPlane({}, { replicas: 1.5 })))).toEqual([
      'controlPlane.replicas FieldTypeInvalid',
    ]);
    expect(problems(aws({ compute: {} }))).toEqual(['compute FieldTypeInvalid']);
    expect(problems(aws({}, { userTags: { a: 1 } }))).toEqual(['platform.aws.userTags[a] FieldTypeInvalid']);
    expect(problems(aws({ networking: { serviceNetwork: ['10.0.0.0'] } }))).toEqual([
      'networking.serviceNetwork[0] FieldTypeInvalid',
    ]);
  });

  test('null is absent', () => {
    expect(problems(aws({ networking: null, compute: null, fips: null, sshKey: null }))).toEqual([]);
    expect(problems(config({ aws: null, ibmcloud: { region: 'us-south' } }))).toEqual([]);
  });

  test('nothing that anybody writes makes it throw', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree')),
        fc.dictionary(fc.string(), tie('tree')),
      ),
    }));
    const key = fc.constantFrom(
      'platform',
      'compute',
      'controlPlane',
      'networking',
      'proxy',
      'capabilities',
      'metadata',
    );
    fc.assert(
      fc.property(key, tree, (name, value) => Array.isArray(validateInstallConfig(aws({ [name]: value })))),
    );
  });
});

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
    expect(problems(aws({ sshKey: `# mine\n${ED25519_KEY}\n` }))).toEqual([]);
  });
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

describe('machine pools', () => {
  test('a master may be called anything, a worker not', () => {
    expect(problems(aws({ controlPlane: { name: 'x', platform: {} }, compute: [{ platform: {} }] }))).toEqual(
      ['compute[0].name NotSupported'],
    );
  });
  test('two masters need fencing, which no cloud has', () => {
    const credentials = [
      { address: 'a', username: 'u', password: 'p' },
      { address: 'b', username: 'u', password: 'p' },
    ];
    expect(problems(aws(controlPlane({}, { replicas: 2, fencing: { credentials } })))).toEqual([
      'controlPlane.fencing Forbidden',
    ]);
  });
  test('AWS pools', () => {
    const pool = (of: Document) => problems(aws(controlPlane({ aws: of })));
    expect(pool({ metadataService: { authentication: 'required' } })).toEqual([
      'controlPlane.platform.aws.authentication Invalid',
    ]);
    expect(pool({ rootVolume: { type: 'gp3', size: 120, iops: -1 } })).toEqual([
      'controlPlane.platform.aws.iops Invalid',
    ]);
    expect(
      problems(
        aws(controlPlane({ aws: { additionalSecurityGroupIDs: Array(11).fill('sg-1') } }), {
          vpc: { subnets: [{ id: SUBNET }] },
        }),
      ),
    ).toEqual(['controlPlane.platform.aws TooMany']);
    expect(problems(aws({}, { region: 'cn-north-1', amiID: 'ami-1' }))).toEqual([]);
    expect(problems(aws({}, { defaultMachinePlatform: { zones: ['eu-west-1a'] } }))).toEqual([
      'platform.aws.defaultMachinePlatform.zones[0] Invalid',
    ]);
  });
  test('IBM Cloud pools', () => {
    const pool = (of: Document) => problems(ibm(controlPlane({ ibmcloud: of })));
    expect(pool({ bootVolume: { encryptionKey: `crn:v1:bluemix:public:kms:us-south:a/1:i:key:k` } })).toEqual(
      [],
    );
    expect(pool({ dedicatedHosts: [{ name: 'h' }] })).toEqual([
      'controlPlane.platform.ibmcloud.dedicatedHosts Invalid',
      'controlPlane.platform.ibmcloud.type Invalid',
    ]);
    expect(
      pool({ type: 'bx2-4x16', zones: ['us-south-1'], dedicatedHosts: [{ profile: 'cx2-host' }] }),
    ).toEqual(['controlPlane.platform.ibmcloud.dedicatedHosts[0].profile Invalid']);
    expect(pool({ type: 'bx2-4x16', zones: ['us-south-1'], dedicatedHosts: [{}] })).toEqual([
      'controlPlane.platform.ibmcloud.dedicatedHosts[0] Invalid',
    ]);
  });
  test('OpenStack pools', () => {
    const pool = (of: Document) => problems(openstack(controlPlane({ openstack: of })));
    const field = 'controlPlane.platform.openstack.rootVolume';
    expect(pool({ type: 'm1', rootVolume: { size: 30 } })).toEqual([
      `${field}.type Invalid`,
      `${field}.types Invalid`,
    ]);
    expect(pool({ type: 'm1', rootVolume: { size: 30, type: 'a' } })).toEqual([]);
    expect(
      pool({ type: 'm1', zones: ['a', 'b', 'c'], rootVolume: { size: 30, types: ['x', 'y'], zones: ['a'] } }),
    ).toEqual([`${field}.types Invalid`]);
  });
});

describe('platforms', () => {
  const field = 'platform.aws.vpc.subnets';
  const allRoles = ['ClusterNode', 'BootstrapNode', 'IngressControllerLB', 'ControlPlaneInternalLB'];
  const subnet = (id: string, ...types: string[]) => ({ id, roles: types.map((type) => ({ type })) });
  const subnets: [string, Document, Document, string[]][] = [
    [
      'both names',
      {},
      { subnets: [SUBNET], vpc: { subnets: [{ id: 'x' }] } },
      ['platform.aws.subnets Forbidden'],
    ],
    [
      'roles for some',
      {},
      { vpc: { subnets: [subnet('a', ...allRoles), subnet('b', 'ControlPlaneExternalLB'), { id: 'c' }] } },
      [`${field} Forbidden`],
    ],
    [
      'all roles',
      {},
      { vpc: { subnets: [subnet('a', ...allRoles), subnet('b', 'ControlPlaneExternalLB')] } },
      [],
    ],
    ['no external one', {}, { vpc: { subnets: [subnet('a', ...allRoles)] } }, [`${field} Invalid`]],
    [
      'none needed when private',
      { publish: 'Internal' },
      { vpc: { subnets: [subnet('a', ...allRoles)] } },
      [],
    ],
    [
      'an unknown role and one twice',
      {},
      {
        vpc: {
          subnets: [subnet('a', ...allRoles, 'Foo', 'ClusterNode'), subnet('b', 'ControlPlaneExternalLB')],
        },
      },
      [`${field}[0].roles[4].type NotSupported`, `${field}[0].roles[5].type Duplicate`],
    ],
    [
      'both load balancers',
      {},
      { vpc: { subnets: [subnet('a', ...allRoles, 'ControlPlaneExternalLB')] } },
      [`${field}[0].roles Forbidden`],
    ],
    ['a zone of its own', {}, { hostedZone: 'Z1' }, ['platform.aws.hostedZone Invalid']],
    [
      'a zone in its subnets',
      { credentialsMode: 'Manual' },
      { hostedZone: 'Z1', hostedZoneRole: 'r', subnets: [SUBNET] },
      [],
    ],
    [
      'DNS of the user without tech preview',
      {},
      { userProvisionedDNS: 'Enabled' },
      ['platform.aws.userProvisionedDNS Forbidden'],
    ],
    [
      'http',
      {},
      { serviceEndpoints: [{ name: 'ec2', url: 'http://x' }] },
      ['platform.aws.serviceEndpoints[0].url Invalid'],
    ],
    [
      'no host',
      {},
      { serviceEndpoints: [{ name: 'ec2', url: 'https://:80' }] },
      ['platform.aws.serviceEndpoints[0].url Invalid'],
    ],
    [
      'a query',
      {},
      { serviceEndpoints: [{ name: 'ec2', url: 'https://x?a' }] },
      ['platform.aws.serviceEndpoints[0].url Invalid'],
    ],
  ];
  test.each(subnets)('AWS: %s', (_, more, platform, expected) =>
    expect(problems(aws(more, platform))).toEqual(expected),
  );

  test('IBM Cloud: an endpoint may end in versions', () => {
    const at = (url: string) => problems(ibm({}, { serviceEndpoints: [{ name: 'IAM', url }] }));
    for (const url of ['https://x/v1', 'https://x/api/v22/', 'x.example.com', 'https://x:8443/'])
      expect(at(url)).toEqual([]);
    for (const url of ['https://x/v', 'https://x/v1/foo', 'ftp://x']) {
      expect(at(url)).toEqual(['platform.ibmcloud.serviceEndpoints[0].url Invalid']);
    }
  });

  const vips: [string, Document, string[]][] = [
    ['old names', { apiVIP: '10.0.0.5', ingressVIP: '10.0.0.7' }, []],
    [
      'one for both',
      { apiVIPs: ['10.0.0.5'], ingressVIPs: ['10.0.0.5'] },
      ['platform.openstack.apiVIPs Invalid'],
    ],
    [
      'three',
      { apiVIPs: ['10.0.0.5', '10.0.0.6', '10.0.0.8'], ingressVIPs: ['10.0.0.7'] },
      ['platform.openstack.apiVIPs TooMany'],
    ],
    [
      'two of a family',
      { apiVIPs: ['10.0.0.5', '10.0.0.6'], ingressVIPs: ['10.0.0.7'] },
      ['platform.openstack.apiVIPs Invalid'],
    ],
    [
      'a port without subnet',
      { controlPlanePort: { fixedIPs: [{ subnet: {} }] } },
      ['platform.openstack.controlPlanePort.fixedIPs[0].subnet Required'],
    ],
    [
      'a port',
      {
        controlPlanePort: {
          network: { id: UUID },
          fixedIPs: [{ subnet: { id: UUID } }, { subnet: { name: 'x' } }],
        },
      },
      [],
    ],
    ['a load balancer', { loadBalancer: { type: 'Mine' } }, ['platform.openstack.loadBalancer.type Invalid']],
  ];
  test.each(vips)('OpenStack: %s', (_, platform, expected) =>
    expect(problems(openstack({}, platform))).toEqual(expected),
  );

  test('exactly one', () => {
    expect(problems(config({}))).toEqual(['platform Invalid']);
    expect(problems(config({ none: {} }))).toEqual([]);
  });
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
