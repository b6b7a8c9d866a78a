const COMMON = {
  displayName: 'Sample',
  description: 'Sample',
  enabled: true,
  openshiftVersions: { allowlist: ['4.20.3'], default: '4.20.3' },
  baseDomains: { allowlist: ['labs.example.com'], default: 'labs.example.com' },
  lifecycle: { maxTTLHours: 72, defaultTTLHours: 24, allowCustomTTL: true },
  networking: {
    networkType: 'OVNKubernetes',
    clusterNetworks: [{ cidr: '10.128.0.0/14', hostPrefix: 23 }],
    serviceNetwork: ['172.30.0.0/16'],
    machineNetwork: [{ cidr: '10.0.0.0/16' }],
  },
  features: { fipsMode: false, privateCluster: false },
  costControls: { estimatedHourlyCost: 1, maxMonthlyCost: 100_000 },
};

function compute(instanceType: string) {
  return {
    controlPlane: { replicas: 3, instanceType, schedulable: true },
    workers: { replicas: 0, instanceType },
  };
}

/** A valid profile of each platform: its values stand for the invalid ones of a profile while the rest of that is checked. */
export const SAMPLE_PROFILES: Readonly<Record<string, object>> = {
  aws: {
    ...COMMON,
    name: 'aws-sample',
    platform: 'aws',
    regions: { allowlist: ['us-east-1'], default: 'us-east-1' },
    compute: compute('m6i.xlarge'),
    tags: { required: { Environment: 'test' }, defaults: {}, allowUserTags: true },
    platformConfig: {
      aws: {
        instanceMetadataService: 'required',
        rootVolume: { type: 'gp3', size: 120, iops: 3000 },
      },
    },
  },
  ibmcloud: {
    ...COMMON,
    name: 'ibm-sample',
    platform: 'ibmcloud',
    regions: { allowlist: ['us-south'], default: 'us-south' },
    compute: compute('bx2-4x16'),
    platformConfig: { ibmcloud: {} },
  },
};
