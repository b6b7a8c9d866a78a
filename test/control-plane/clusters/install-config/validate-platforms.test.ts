import { describe, expect, test } from 'vitest';
import {
  aws,
  config,
  controlPlane,
  type Document,
  ibm,
  openstack,
  problems,
  SUBNET,
  UUID,
} from './documents.ts';

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
