import type { NewResource, Tags } from '../cloud.ts';
import { domainOf, type SandboxCluster } from '../cluster.ts';
import { hexOf, type ResourcePlan } from './plan.ts';

/** The account in which all AWS resources of the sandbox live. */
export const SANDBOX_ACCOUNT = '111122223333';
/** IAM and Route 53 are global; their resources are listed in this region. */
const GLOBAL_REGION = 'us-east-1';
const ZONES = ['a', 'b', 'c'] as const;

/** The tags that mark a resource as one of this cluster. */
function awsTags({ infraID, clusterID, userTags }: SandboxCluster): Tags {
  return {
    ...userTags,
    [`kubernetes.io/cluster/${infraID}`]: 'owned',
    openshiftClusterID: clusterID,
    [`sigs.k8s.io/cluster-api-provider-aws/cluster/${infraID}`]: 'owned',
  };
}

/** What an installer-provisioned cluster owns on AWS: three zones, two network load balancers, machines with a disk each. */
export function planAws(cluster: SandboxCluster): ResourcePlan {
  const aws = makers(cluster);
  const { infraID } = cluster;
  const domain = domainOf(cluster);
  return {
    iam: ['master', 'worker'].flatMap((role) => [
      aws.iam('role', `${infraID}-${role}-role`),
      aws.iam('instance-profile', `${infraID}-${role}-profile`),
    ]),
    network: [...networkOf(infraID, aws), ...loadBalancersOf(cluster, aws)],
    dns: [
      aws.hostedZone(domain),
      aws.privateRecord(`api.${domain}`),
      aws.privateRecord(`api-int.${domain}`),
      ...(cluster.isPublic ? [aws.publicRecord(`api.${domain}`)] : []),
    ],
    bootstrap: [
      aws.bucket(`openshift-bootstrap-data-${infraID}`),
      aws.iam('instance-profile', `${infraID}-bootstrap-profile`),
      ...aws.machine(`${infraID}-bootstrap`),
    ],
    controlPlane: range(cluster.controlPlane.replicas).flatMap((i) => aws.machine(`${infraID}-master-${i}`)),
    cluster: [
      ...range(cluster.workers.replicas).flatMap((i) =>
        aws.machine(
          `${infraID}-worker-${cluster.region}${ZONES[i % 3]}-${hexOf(`${infraID}/worker/${i}`, 5)}`,
        ),
      ),
      aws.elb('loadbalancer', `a${hexOf(`${infraID}/ingress`, 31)}`),
      aws.ec2('security-group', 'sg', `k8s-elb-a${hexOf(`${infraID}/ingress`, 31)}`),
      aws.privateRecord(`\\052.apps.${domain}`),
      ...(cluster.isPublic ? [aws.publicRecord(`\\052.apps.${domain}`)] : []),
    ],
  };
}

function networkOf(infraID: string, aws: Makers): NewResource[] {
  return [
    aws.ec2('vpc', 'vpc', `${infraID}-vpc`),
    aws.ec2('internet-gateway', 'igw', `${infraID}-igw`),
    ...ZONES.flatMap((zone) => [
      aws.ec2('subnet', 'subnet', `${infraID}-subnet-public-${zone}`),
      aws.ec2('subnet', 'subnet', `${infraID}-subnet-private-${zone}`),
    ]),
    ...ZONES.map((zone) => aws.ec2('elastic-ip', 'eipalloc', `${infraID}-eip-${zone}`)),
    ...ZONES.map((zone) => aws.ec2('natgateway', 'nat', `${infraID}-nat-${zone}`)),
    aws.ec2('route-table', 'rtb', `${infraID}-rt-public`),
    ...ZONES.map((zone) => aws.ec2('route-table', 'rtb', `${infraID}-rt-private-${zone}`)),
    aws.ec2('vpc-endpoint', 'vpce', `${infraID}-vpce-s3`),
    ...['apiserver-lb', 'lb', 'controlplane', 'node'].map((role) =>
      aws.ec2('security-group', 'sg', `${infraID}-${role}`),
    ),
  ];
}

function loadBalancersOf({ infraID, isPublic }: SandboxCluster, aws: Makers): NewResource[] {
  return (isPublic ? ['int', 'ext'] : ['int']).flatMap((side) => [
    aws.elb('loadbalancer', `net/${infraID}-${side}`),
    aws.elb('targetgroup', `${infraID}-api-${side}`),
    ...(side === 'int' ? [aws.elb('targetgroup', `${infraID}-mcs`)] : []),
  ]);
}

type Makers = ReturnType<typeof makers>;

function makers(cluster: SandboxCluster) {
  const { region, infraID } = cluster;
  const zoneId = `Z0${hexOf(infraID, 18).toUpperCase()}`;
  const tagged = (name: string) => ({ ...awsTags(cluster), Name: name });
  const make = (resource: Omit<NewResource, 'infraId'>): NewResource => ({ ...resource, infraId: infraID });

  function ec2(kind: string, prefix: string, name: string): NewResource {
    const id = `${prefix}-0${hexOf(`${infraID}/${kind}/${name}`, 16)}`;
    const arn = `arn:aws:ec2:${region}:${SANDBOX_ACCOUNT}:${kind}/${id}`;
    return make({ id, arn, type: `ec2:${kind}`, region, name, tags: tagged(name) });
  }
  /** Records carry no tags: they are found by their zone and name only. */
  function record(zone: string, name: string, side: 'public' | 'private'): NewResource {
    const arn = `arn:aws:route53:::hostedzone/${zone}/recordset/${name}`;
    const id = `${zone}-${side}-${name}`;
    return make({ id, arn, type: 'route53:recordset', region: GLOBAL_REGION, name, tags: {} });
  }
  return {
    ec2,
    machine: (name: string) => [ec2('instance', 'i', name), ec2('volume', 'vol', `${name}-root`)],
    elb(kind: 'loadbalancer' | 'targetgroup', name: string): NewResource {
      const id = hexOf(`${infraID}/${kind}/${name}`, 16);
      const arn = `arn:aws:elasticloadbalancing:${region}:${SANDBOX_ACCOUNT}:${kind}/${name}/${id}`;
      return make({ id, arn, type: `elasticloadbalancing:${kind}`, region, name, tags: tagged(name) });
    },
    iam(kind: 'role' | 'instance-profile', name: string): NewResource {
      const arn = `arn:aws:iam::${SANDBOX_ACCOUNT}:${kind}/${name}`;
      return make({ id: name, arn, type: `iam:${kind}`, region: GLOBAL_REGION, name, tags: tagged(name) });
    },
    bucket: (name: string) =>
      make({ id: name, arn: `arn:aws:s3:::${name}`, type: 's3:bucket', region, name, tags: tagged(name) }),
    hostedZone(domain: string): NewResource {
      const arn = `arn:aws:route53:::hostedzone/${zoneId}`;
      const tags = tagged(`${infraID}-int`);
      return make({ id: zoneId, arn, type: 'route53:hostedzone', region: GLOBAL_REGION, name: domain, tags });
    },
    privateRecord: (name: string) => record(zoneId, name, 'private'),
    publicRecord: (name: string) => record(`Z0PUBLIC${infraID}`, name, 'public'),
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
