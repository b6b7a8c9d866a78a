/** A mistake in profiles/aws-standard.yaml, and what a validation says of it. */
export interface BrokenProfile {
  readonly what: string;
  /** The text to replace, and what it is replaced with. */
  readonly patch: readonly [from: string, to: string];
  /** What stands at the line and column that the problem names. */
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

const TAG = 'Purpose: development';
const NETWORK = '- cidr: 10.0.0.0/16';
const WORKERS = 'replicas: 3\n    minReplicas: 2';
const MANY_TAGS = Array.from({ length: 15 }, (_, i) => `Tag${i}: x`).join('\n    ');

/** Valid in the year 2020. */
export const EXPIRED = `\
-----BEGIN CERTIFICATE-----
MIIBGjCBwgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9leHBpcmVkIGV4YW1w
bGUwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAaMRgwFgYDVQQDDA9l
eHBpcmVkIGV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARCJAIFYCn5
101FbNjyy87w5NvQzOt9JAMhRsrOVPLeKnFHtG3rqaLkIjhWE8frCxeJ8Mm5atCC
jeMLpvHuq076MAoGCCqGSM49BAMCA0cAMEQCIFk7gJGwFVnDeeokGdjW8rFZOW6u
TcLw7yNWKG1p2wTYAiA4DsB35XyCx2iEU0ecQ75VIwDlt8cmN9a5Za7xlGZIcA==
-----END CERTIFICATE-----`;

/** The form of a key. */
export const PRIVATE_KEY = `\
-----BEGIN PRIVATE KEY-----
bm90IGEga2V5
-----END PRIVATE KEY-----`;

function inline(pem: string): string {
  return `additionalTrustBundle: |\n${pem.replaceAll(/^/gm, '  ')}`;
}

/** @returns the patch that adds a pool */
function pool(text: string): readonly [string, string] {
  return ['lifecycle:', `  pools:\n    - { instanceType: m6i.xlarge, replicas: 2, ${text} }\n\nlifecycle:`];
}

/** @returns the patch that adds a settable field */
function settable(text: string): readonly [string, string] {
  return ['lifecycle:', `settable:\n  - { ${text} }\n\nlifecycle:`];
}

export const BROKEN_PROFILES: readonly BrokenProfile[] = [
  {
    what: 'R17: a least number of workers above the default',
    patch: ['minReplicas: 2', 'minReplicas: 4'],
    at: 'minReplicas: 4',
    message: 'compute.workers.minReplicas: 4 is more than replicas, the default',
    fix: 'lower it, or raise replicas',
  },
  {
    what: 'R17: a greatest number of workers below the default',
    patch: ['maxReplicas: 10', 'maxReplicas: 2'],
    at: 'maxReplicas: 2',
    message: 'compute.workers.maxReplicas: 2 is less than replicas, the default',
    fix: 'raise it, or lower replicas',
  },
  {
    what: 'R17: bounds that allow no machine for workloads',
    patch: ['minReplicas: 2', 'minReplicas: 0'],
    at: 'schedulable: false',
    message: 'compute.controlPlane.schedulable: false leaves no machine for workloads',
    fix: 'set it to true, or add workers',
  },
  {
    what: 'R17: a fragment that publishes the cluster',
    patch: ['lifecycle:', 'installConfig:\n  publish: Internal\nlifecycle:'],
    at: 'publish: Internal',
    message:
      'installConfig.publish: "Internal" cannot be set here: it is read by the control plane from a field of the profile',
    fix: 'use features.privateCluster',
  },
  {
    what: 'R17: a fragment with tags',
    patch: ['lifecycle:', 'installConfig:\n  platform:\n    aws:\n      userTags: { Owner: me }\nlifecycle:'],
    at: 'userTags:',
    message:
      'installConfig.platform.aws.userTags: cannot be set here: it is set by the control plane, which finds the resources of a cluster by its tags',
    fix: 'use tags of the profile',
  },
  {
    what: 'R17: a fragment without tags on machines',
    patch: [
      'lifecycle:',
      'installConfig:\n  platform:\n    aws:\n      propagateUserTags: false\nlifecycle:',
    ],
    at: 'propagateUserTags',
    message:
      'installConfig.platform.aws.propagateUserTags: false cannot be set here: it is set by the control plane, which finds the resources of a cluster by its tags',
    fix: 'remove it',
  },
  {
    what: 'R17: a fragment that removes what is rendered',
    patch: ['lifecycle:', 'installConfig:\n  platform: null\nlifecycle:'],
    at: 'platform: null',
    message: 'installConfig.platform: null must not be null',
    fix: 'set a value, or remove it',
  },
  {
    what: 'R17: a fragment with more workers than the cost counts',
    patch: ['lifecycle:', 'installConfig:\n  compute:\n    - name: worker\n      replicas: 9\nlifecycle:'],
    at: 'replicas: 9',
    message:
      'installConfig.compute[0].replicas: 9 cannot be set here: it is counted in the cost of a cluster',
    fix: 'use compute.workers.replicas',
  },
  {
    what: 'R17: a fragment with another pool',
    patch: ['lifecycle:', 'installConfig:\n  compute:\n    - name: infra\nlifecycle:'],
    at: 'name: infra',
    message: 'installConfig.compute[0]: is not the pool "worker"',
    fix: 'set its name to worker',
  },
  {
    what: 'R17: the role of a hosted zone in a fragment',
    patch: [
      'lifecycle:',
      'installConfig:\n  platform:\n    aws:\n      hostedZoneRole: arn:aws:iam::111122223333:role/dns\nlifecycle:',
    ],
    at: 'hostedZoneRole',
    message:
      'installConfig.platform.aws.hostedZoneRole: "arn:aws:iam::111122223333:role/dns" cannot be set here: it is read by the control plane from a field of the profile',
    fix: 'use platformConfig.aws.hostedZoneRole',
  },
  {
    what: 'R17: an unknown field of the fragment',
    patch: [
      'lifecycle:',
      'installConfig:\n  proxi:\n    httpProxy: http://proxy.example.com:3128\nlifecycle:',
    ],
    at: 'proxi:',
    message: 'installConfig.proxi: is not a field of install-config 4.20; did you mean "proxy"?',
    fix: 'correct the value, or remove it',
  },
  {
    what: 'R17: a value of the fragment that the installer rejects',
    patch: ['lifecycle:', 'installConfig:\n  cpuPartitioningMode: Some\nlifecycle:'],
    at: 'cpuPartitioningMode',
    message: 'installConfig.cpuPartitioningMode: "Some" must be one of None, AllNodes',
    fix: 'correct the value, or remove it',
  },
  {
    what: 'G15: a proxy with a password in the fragment',
    patch: [
      'lifecycle:',
      'installConfig:\n  proxy:\n    httpProxy: ftp://me:hunter2@proxy.example.com\nlifecycle:',
    ],
    at: 'httpProxy',
    message: 'installConfig.proxy.httpProxy: must be one of http',
    fix: 'correct the value, or remove it',
  },
  {
    what: 'R17: subnets in several regions',
    patch: [
      'instanceMetadataService: required',
      'instanceMetadataService: required\n    subnets: [subnet-0a1b2c3d4e5f60718]',
    ],
    at: 'allowlist: [us-east-1',
    message:
      'regions.allowlist: has more than one region, and the subnets (platformConfig.aws.subnets) are in one',
    fix: 'keep the region of the subnets',
  },
  {
    what: 'R17: a hosted zone without subnets',
    patch: [
      'instanceMetadataService: required',
      'instanceMetadataService: required\n    hostedZone: Z0123456789ABCDEFGHIJ',
    ],
    at: 'hostedZone:',
    message: 'platformConfig.aws.hostedZone: "Z0123456789ABCDEFGHIJ" needs platformConfig.aws.subnets',
    fix: 'add subnets of a VPC with this zone, or remove it',
  },
  {
    what: 'R17: a proxy for HTTP with another scheme',
    patch: ['lifecycle:', 'proxy:\n  httpProxy: https://proxy.example.com:3128\nlifecycle:'],
    at: 'httpProxy',
    message: 'proxy.httpProxy: "https://proxy.example.com:3128" must be one of http',
    fix: 'correct the proxy',
  },
  {
    what: 'R17: a proxy without an address',
    patch: ['lifecycle:', 'proxy:\n  noProxy: .example.com\nlifecycle:'],
    at: 'proxy:',
    message: 'proxy: needs httpProxy or httpsProxy',
    fix: 'correct the proxy',
  },
  {
    what: 'R17: a wildcard in noProxy',
    patch: [
      'lifecycle:',
      'proxy:\n  httpProxy: http://proxy.example.com:3128\n  noProxy: "*.example.com"\nlifecycle:',
    ],
    at: 'noProxy',
    message: 'proxy.noProxy: "*.example.com" is not an address, a network or a domain without wildcards',
    fix: 'correct the proxy',
  },
  {
    what: 'G15: a proxy whose password makes it no URL',
    patch: ['lifecycle:', 'proxy:\n  httpProxy: http://me:hunt/er2@proxy.example.com\nlifecycle:'],
    at: 'httpProxy',
    message: 'proxy.httpProxy: is not a URL',
    fix: 'correct the proxy',
  },
  {
    what: 'R17: an expired certificate',
    patch: ['lifecycle:', `${inline(EXPIRED)}\nlifecycle:`],
    at: '-----BEGIN CERTIFICATE-----',
    message:
      'additionalTrustBundle: has a certificate (CN=expired example) that expired on 2021-01-01 (line 1)',
    fix: 'replace it',
  },
  {
    what: 'G15: a private key among the certificates',
    patch: ['lifecycle:', `${inline(PRIVATE_KEY)}\nlifecycle:`],
    at: '-----BEGIN PRIVATE KEY-----',
    message: 'additionalTrustBundle: has a private key (line 1)',
    fix: 'remove it, and replace the key: it may have been read',
  },
  {
    what: 'R17: a trust bundle that is not PEM',
    patch: ['lifecycle:', 'additionalTrustBundle: none\nlifecycle:'],
    at: 'additionalTrustBundle: none',
    message: 'additionalTrustBundle: "none" must be PEM certificates (line 1)',
    fix: 'begin with -----BEGIN CERTIFICATE-----',
  },
  {
    what: 'R17: a policy without certificates',
    patch: ['lifecycle:', 'additionalTrustBundlePolicy: Always\nlifecycle:'],
    at: 'additionalTrustBundlePolicy',
    message: 'additionalTrustBundlePolicy: "Always" needs additionalTrustBundle',
    fix: 'add the certificates, or remove it',
  },
  {
    what: 'R17: a pool with the name of the installer',
    patch: pool('name: worker'),
    at: 'name: worker',
    message: 'compute.pools[0].name: "worker" is a pool of the installer',
    fix: 'use another name, or compute.workers',
  },
  {
    what: 'R17: a pool of another architecture',
    patch: [
      'lifecycle:',
      '  pools:\n    - { name: arm, instanceType: m7g.xlarge, replicas: 1 }\n\nlifecycle:',
    ],
    at: 'instanceType: m7g',
    message:
      'compute.pools[0].instanceType: "m7g.xlarge" has another architecture than the workers (m6i.2xlarge), whose image the pool has',
    fix: 'use a type of amd64',
  },
  {
    what: 'R17: a pool in a zone without a subnet of the cluster',
    patch: pool('name: infra, zones: [us-east-1a]'),
    at: 'us-east-1a',
    message:
      'compute.pools[0].zones[0]: "us-east-1a" is not in platformConfig.aws.zones: the cluster has subnets in those only',
    fix: 'add it there, or remove it here',
  },
  {
    what: 'R17: an edge pool without zones',
    patch: pool('name: edge'),
    at: '{ instanceType: m6i.xlarge',
    message: 'compute.pools[0].zones: must name the Local Zones or Wavelength Zones of the pool',
    fix: 'add them',
  },
  {
    what: 'R17: an edge pool in a zone of the region',
    patch: pool('name: edge, zones: [us-east-1a]'),
    at: 'us-east-1a',
    message: 'compute.pools[0].zones[0]: "us-east-1a" is not a Local Zone or Wavelength Zone',
    fix: 'use one such as us-east-1-bos-1a',
  },
  {
    what: 'R17: an edge pool in a zone of one of several regions',
    patch: pool('name: edge, zones: [us-east-1-bos-1a]'),
    at: 'us-east-1-bos-1a',
    message: 'compute.pools[0].zones[0]: "us-east-1-bos-1a" is not in every region of the profile',
    fix: 'keep the region of the zone in regions.allowlist',
  },
  {
    what: 'R17: a pool with fewer IOPS than its volume has',
    patch: pool('name: infra, rootVolume: { type: gp3, size: 120, iops: 100 }'),
    at: 'iops: 100',
    message: 'compute.pools[0].rootVolume.iops: 100 IOPS are too few for gp3, which has at least 3000',
    fix: 'use 3000 to 60000',
  },
  {
    what: 'R17: workers with IOPS that their volume does not take',
    patch: [
      'instanceType: m6i.2xlarge',
      'instanceType: m6i.2xlarge\n    rootVolume: { type: gp2, size: 120, iops: 300 }',
    ],
    at: 'iops: 300',
    message: 'compute.workers.rootVolume.iops: 300 is not supported for type gp2',
    fix: 'set iops for io1 and io2, not for gp2',
  },
  {
    what: 'R17: a KMS key of another region',
    patch: [
      'instanceMetadataService: required',
      'instanceMetadataService: required\n    kmsKey: arn:aws:kms:us-east-1:111122223333:key/1234abcd',
    ],
    at: 'kmsKey',
    message:
      'platformConfig.aws.kmsKey: "arn:aws:kms:us-east-1:111122223333:key/1234abcd" is a key of us-east-1, and EBS needs one of the region of the cluster',
    fix: 'keep only us-east-1 in regions.allowlist',
  },
  {
    what: 'R5: two tags that IAM takes for one',
    patch: ['Environment: development', 'Environment: development\n    environment: test'],
    at: 'environment: test',
    message:
      'tags.required.environment: AWS compares keys without case, and environment is also given as Environment',
    fix: 'remove one of them',
  },
  {
    what: 'R5: a tag of the control plane in other case',
    patch: [TAG, 'owner: me'],
    at: 'owner: me',
    message: 'tags.defaults.owner: AWS compares keys without case, and owner is also given as Owner',
    fix: 'remove one of them',
  },
  {
    what: 'R12: a tag of AWS',
    patch: [TAG, '"aws:team": shared'],
    at: '"aws:team"',
    message: 'tags.defaults.aws:team: keys with this prefix are reserved for the platform',
    fix: 'use another key',
  },
  {
    what: 'R12: the tag Name',
    patch: [TAG, 'Name: shared'],
    at: 'Name: shared',
    message: 'tags.defaults.Name: the key Name is taken by the installer',
    fix: 'remove the tag',
  },
  {
    what: 'R12: a tag by which the installer deletes',
    patch: [TAG, 'openshiftClusterID: x'],
    at: 'openshiftClusterID',
    message:
      'tags.defaults.openshiftClusterID: the installer selects the resources that it deletes by this key',
    fix: 'use another key',
  },
  {
    what: 'R12: characters that AWS rejects and the installer accepts',
    patch: [TAG, 'Purpose: "a, b"'],
    at: 'Purpose',
    message: 'tags.defaults.Purpose: AWS tags allow only ASCII letters, digits, spaces and _ . : / = + - @',
    fix: 'replace the other characters',
  },
  {
    what: 'R12: more tags than a cluster may have',
    patch: [TAG, MANY_TAGS],
    at: 'tags:',
    message: 'tags: must have at most 25 items, not 27',
    fix: 'keep at most 13 tags besides Environment; the control plane sets 12',
  },
  {
    what: 'R12: a machine network that OVN-Kubernetes uses',
    patch: [NETWORK, '- cidr: 100.64.0.0/16'],
    at: 'cidr: 100.64.0.0/16',
    message:
      'networking.machineNetwork[0].cidr: 100.64.0.0/16 must not overlap with the join network 100.64.0.0/16 of OVNKubernetes',
    fix: 'use another network, such as 10.0.0.0/16',
  },
  {
    what: 'R6: a region of another partition',
    patch: ['allowlist: [us-east-1,', 'allowlist: [us-gov-west-1, us-east-1,'],
    at: 'us-gov-west-1',
    message:
      'regions.allowlist[0]: "us-gov-west-1" is in the AWS partition aws-us-gov, which is not supported: the end of a cluster is verified in us-east-1',
    fix: 'use a region of the partition aws',
  },
  {
    what: 'R12: a machine network that is larger than a VPC',
    patch: [NETWORK, '- cidr: 10.0.0.0/12'],
    at: 'cidr: 10.0.0.0/12',
    message:
      'networking.machineNetwork[0].cidr: 10.0.0.0/12 is not a size that AWS accepts for a VPC: /16 to /28',
    fix: 'use a network of /16, such as 10.0.0.0/16',
  },
  {
    what: 'R12: a machine network without space for the subnets of one of its regions',
    patch: [NETWORK, '- cidr: 10.0.0.0/24'],
    at: 'cidr: 10.0.0.0/24',
    message:
      'networking.machineNetwork[0].cidr: 10.0.0.0/24 is too small for the subnets of 3 zones: they would be /29, and AWS accepts no subnet smaller than /28 (in us-east-1, us-east-2, us-west-2)',
    fix: 'use a network of /23 or larger',
  },
  {
    what: 'R12: fewer IOPS than the volume type has',
    patch: ['iops: 3000', 'iops: 100'],
    at: 'iops: 100',
    message: 'platformConfig.aws.rootVolume.iops: 100 IOPS are too few for gp3, which has at least 3000',
    fix: 'use 3000 to 60000',
  },
  {
    what: 'R12: more IOPS than the volume size permits',
    patch: ['iops: 3000', 'iops: 64000'],
    at: 'iops: 64000',
    message:
      'platformConfig.aws.rootVolume.iops: 64000 IOPS are too many for gp3 with 120 GiB: at most 500 for each GiB, and 80000 in all',
    fix: 'use 3000 to 60000',
  },
  {
    what: 'R12: a volume type that takes no IOPS',
    patch: ['type: gp3', 'type: gp2'],
    at: 'iops: 3000',
    message: 'platformConfig.aws.rootVolume.iops: 3000 is not supported for type gp2',
    fix: 'set iops for io1 and io2, not for gp2',
  },
  {
    what: 'R12: a machine of an architecture that AWS does not have',
    patch: ['instanceType: m6i.xlarge', 'instanceType: bz2-8x32'],
    at: 'instanceType: bz2-8x32',
    message: 'compute.controlPlane.instanceType: "bz2-8x32" must be one of amd64, arm64',
    fix: 'use another instance type',
  },
  {
    what: 'R12: a domain with a label that DNS does not permit',
    patch: [', dev.example.com]', `, ${'d'.repeat(64)}.example.com]`],
    at: 'dddd',
    message: `baseDomains.allowlist[1]: "${'d'.repeat(64)}.example.com" is not a lower-case DNS domain`,
    fix: 'use one such as labs.example.com',
  },
  {
    what: 'networks that overlap',
    patch: [NETWORK, '- cidr: 10.128.0.0/16'],
    at: 'cidr: 10.128.0.0/14',
    message: 'networking.clusterNetworks[0].cidr: 10.128.0.0/14 must not overlap with 10.128.0.0/16',
    fix: 'use another network, such as 10.128.0.0/14',
  },
  {
    what: 'a network with bits outside its prefix',
    patch: [NETWORK, '- cidr: 10.0.0.1/16'],
    at: 'cidr: 10.0.0.1/16',
    message: 'networking.machineNetwork[0].cidr: 10.0.0.1/16 has bits outside its prefix',
    fix: 'use another network, such as 10.0.0.0/16',
  },
  {
    what: 'a host prefix outside its network',
    patch: ['hostPrefix: 23', 'hostPrefix: 13'],
    at: 'hostPrefix: 13',
    message:
      'networking.clusterNetworks[0].hostPrefix: 13 must not be shorter than the prefix of 10.128.0.0/14',
    fix: 'use another prefix, such as 23',
  },
  {
    what: 'an unquoted version',
    patch: ['default: "4.20.3"', 'default: 4.20'],
    at: 'default: 4.20',
    message: 'openshiftVersions.default: 4.20 is read as the number 4.2, not as text',
    fix: 'quote it: "4.20"',
  },
  {
    what: 'a field that nothing reads',
    patch: ['fipsMode: false', 'fipsMode: false\n  offHoursScaling: true'],
    at: 'offHoursScaling: true',
    message: 'features.offHoursScaling: is not a field of a profile',
    fix: 'remove it',
  },
  {
    what: 'a missing field',
    patch: ['  maxTTLHours: 168\n', ''],
    at: 'lifecycle:',
    message: 'lifecycle.maxTTLHours: is missing',
    fix: 'add it',
  },
  {
    what: 'a key twice',
    patch: ['platform: aws\n', 'platform: aws\nplatform: aws\n'],
    at: 'platform: aws',
    message: 'platform is a duplicate key',
    fix: 'remove one of them',
  },
  {
    what: 'a default outside its allowlist',
    patch: ['default: us-east-1', 'default: eu-west-1'],
    at: 'default: eu-west-1',
    message: 'regions.default: "eu-west-1" is not in the allowlist',
    fix: 'use a value of the allowlist, or add this one to it',
  },
  {
    what: 'a region twice',
    patch: ['us-west-1, us-west-2', 'us-west-2, us-west-2'],
    at: 'allowlist: [us-east-1, us-east-2',
    message: 'regions.allowlist: has us-west-2 twice',
    fix: 'remove one of them',
  },
  {
    what: 'an even control plane',
    patch: ['replicas: 3', 'replicas: 4'],
    at: 'replicas: 4',
    message: 'compute.controlPlane.replicas: 4 is not a number of machines for etcd',
    fix: 'use 1, 3 or 5',
  },
  {
    what: 'no machine for workloads',
    patch: [WORKERS, 'replicas: 0\n    minReplicas: 0'],
    at: 'schedulable: false',
    message: 'compute.controlPlane.schedulable: false leaves no machine for workloads',
    fix: 'set it to true, or add workers',
  },
  {
    what: 'a default lifetime over the maximum',
    patch: ['defaultTTLHours: 72', 'defaultTTLHours: 169'],
    at: 'defaultTTLHours: 169',
    message: 'lifecycle.defaultTTLHours: 169 exceeds maxTTLHours',
    fix: 'use a shorter default, or a longer maximum',
  },
  {
    what: 'a name of another platform',
    patch: ['name: aws-standard', 'name: ibm-standard'],
    at: 'name: ibm-standard',
    message: 'name: "ibm-standard" does not begin with "aws-"',
    fix: 'use a name such as aws-small',
  },
  {
    what: 'an unknown platform',
    patch: ['platform: aws', 'platform: gcp'],
    at: 'platform: gcp',
    message: 'platform: "gcp" is not a platform',
    fix: 'use aws or ibmcloud',
  },
  {
    what: 'a volume that is too small',
    patch: ['size: 120', 'size: 20'],
    at: 'size: 20',
    message: 'platformConfig.aws.rootVolume.size: 20 is less than 100',
    fix: 'use 100 or more',
  },
  {
    what: 'G2: a settable field that the destroy depends on',
    patch: settable('key: platform.aws.userTags.Owner, type: string'),
    at: 'key: platform.aws.userTags.Owner',
    message:
      'settable[0].key: "platform.aws.userTags.Owner" cannot be set by a request: it is set by the control plane, which finds the resources of a cluster by its tags',
    fix: 'use tags of the profile',
  },
  ...[
    { key: 'controlPlane.replicas', fix: 'use compute.controlPlane.replicas' },
    { key: 'compute.worker.replicas', fix: 'use compute.workers.replicas' },
    { key: 'compute.worker.platform.aws.type', text: true, fix: 'use compute.workers.instanceType' },
    { key: 'compute.worker.platform.aws.rootVolume.size', fix: 'use compute.workers.rootVolume' },
    { key: 'compute.worker.platform.aws.rootVolume.type', text: true, fix: 'use compute.workers.rootVolume' },
    { key: 'controlPlane.platform.aws.rootVolume.iops', fix: 'use compute.controlPlane.rootVolume' },
    {
      key: 'platform.aws.defaultMachinePlatform.rootVolume.size',
      fix: 'use platformConfig.aws.rootVolume',
    },
    {
      key: 'platform.aws.defaultMachinePlatform.type',
      text: true,
      fix: 'use instanceType of compute',
    },
    { key: 'arbiter.replicas', fix: 'remove it' },
  ].map(({ key, text = false, fix }) => ({
    what: `G17: a settable field that costs, ${key},`,
    patch: settable(`key: ${key}, type: ${text ? 'string' : 'integer'}`),
    at: `key: ${key}`,
    message: `settable[0].key: "${key}" cannot be set by a request: it is counted in the cost of a cluster`,
    fix,
  })),
  ...['compute.edge.replicas', 'compute.infra.replicas'].map((key) => ({
    what: `G17: a settable field of another pool, ${key},`,
    patch: settable(`key: ${key}, type: integer`),
    at: `key: ${key}`,
    message: `settable[0].key: "${key}" cannot be set by a request: it is not of the pool worker, and machines of other pools are counted by the profile`,
    fix: 'use compute.pools of the profile',
  })),
  {
    what: 'G17: a settable name of a pool',
    patch: settable('key: compute.worker.name, type: string'),
    at: 'key: compute.worker.name',
    message: 'settable[0].key: "compute.worker.name" cannot be set by a request: it would be another pool',
    fix: 'remove it',
  },
  {
    what: 'G17: a volume in installConfig',
    patch: [
      'lifecycle:',
      'installConfig:\n  compute:\n    - name: worker\n      platform: { aws: { rootVolume: { size: 500 } } }\nlifecycle:',
    ],
    at: 'size: 500',
    message:
      'installConfig.compute[0].platform.aws.rootVolume.size: 500 cannot be set here: it is counted in the cost of a cluster',
    fix: 'use compute.workers.rootVolume',
  },
  {
    what: 'G15: a settable URL',
    patch: settable('key: proxy.httpProxy, type: string'),
    at: 'key: proxy.httpProxy',
    message:
      'settable[0].key: "proxy.httpProxy" cannot be set by a request: a URL can have a password, and values are shown with the cluster',
    fix: 'use proxy of the profile',
  },
  {
    what: 'R17: a release image by tag',
    patch: [
      '["4.20.3", "4.20.4", "4.20.5"]\n  default: "4.20.3"\n',
      '["4.20.3"]\n  default: "4.20.3"\nreleaseImage: quay.io/openshift-release-dev/ocp-release:4.20.3-x86_64\n',
    ],
    at: 'releaseImage: quay.io',
    message:
      'releaseImage: "quay.io/openshift-release-dev/ocp-release:4.20.3-x86_64" is not a release image by digest',
    fix: 'use REGISTRY/REPOSITORY@sha256:DIGEST; `oc adm release info TAG` prints the digest of a tag',
  },
  {
    what: 'R17: a release image for several versions',
    patch: ['regions:', `releaseImage: quay.io/ocp/release@sha256:${'a'.repeat(64)}\nregions:`],
    at: 'allowlist: ["4.20.3"',
    message: 'openshiftVersions.allowlist: has 3 versions, and releaseImage is one release',
    fix: 'keep the version of the image',
  },
  {
    what: 'R17: a nightly build without its image',
    patch: ['"4.20.5"]', '"4.21.0-0.nightly-2026-11-20-123456"]'],
    at: '"4.21.0-0.nightly-2026-11-20-123456"]',
    message:
      'openshiftVersions.allowlist[2]: "4.21.0-0.nightly-2026-11-20-123456" is a build that no mirror has',
    fix: 'set releaseImage to its image',
  },
  {
    what: 'R17: a settable field that the install-config does not have',
    patch: settable('key: networking.mtu, type: integer'),
    at: 'key: networking.mtu',
    message: 'settable[0].key: "networking.mtu" is not a field of install-config 4.20',
    fix: 'use a field that is text, a number, or true or false',
  },
  {
    what: 'R17: a settable field with fields of its own',
    patch: settable('key: networking, type: string'),
    at: 'key: networking',
    message: 'settable[0].key: "networking" has fields of its own',
    fix: 'use a field that is text, a number, or true or false',
  },
  {
    what: 'R17: a settable field of another type',
    patch: settable('key: networking.clusterNetworkMTU, type: string'),
    at: 'type: string',
    message: 'settable[0].type: networking.clusterNetworkMTU is not of type string',
    fix: 'use integer',
  },
  {
    what: 'R17: a settable value that the installer would reject',
    patch: settable('key: cpuPartitioningMode, type: string, values: [None, Some]'),
    at: 'Some] }',
    message: 'settable[0].values[1]: cpuPartitioningMode cannot be Some: must be one of None, AllNodes',
    fix: 'use other values',
  },
  {
    what: 'R17: settable bounds in the wrong order',
    patch: settable('key: networking.clusterNetworkMTU, type: integer, min: 9, max: 8'),
    at: 'max: 8 }',
    message: 'settable[0].max: 8 is less than min',
    fix: 'raise it, or lower min',
  },
  {
    what: 'R17: settable of another form',
    patch: ['lifecycle:', 'settable: networking.clusterNetworkMTU\n\nlifecycle:'],
    at: 'settable: networking',
    message: 'settable: "networking.clusterNetworkMTU" is not a list',
    fix: 'use a list',
  },
  {
    what: 'R17: a settable field of an unknown type',
    patch: settable('key: networking.clusterNetworkMTU, type: number'),
    at: 'type: number }',
    message: 'settable[0].type: "number" is not supported',
    fix: 'use one of string, integer, boolean',
  },
  {
    what: 'R17: a settable field without its key',
    patch: ['lifecycle:', 'settable:\n  - networking.clusterNetworkMTU\n\nlifecycle:'],
    at: 'networking.clusterNetworkMTU',
    message: 'settable[0]: "networking.clusterNetworkMTU" is not a mapping of fields',
    fix: 'use a mapping of fields',
  },
  {
    what: 'R17: a switch that is not one',
    patch: ['schedulable: false', 'schedulable: 1'],
    at: 'schedulable: 1',
    message: 'compute.controlPlane.schedulable: 1 is not true or false',
    fix: 'use true or false',
  },
];
