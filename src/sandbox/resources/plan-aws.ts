import {
  clusterDomain,
  machineSetName,
  type SandboxCluster,
  type SandboxPool,
} from '../assets/sandbox-cluster.ts';
import type { ResourceTags } from '../cloud/resource-filter.ts';
import type { NewResource } from '../cloud/simulated-cloud.ts';
import { deterministicHex, type ResourcePlan } from './resource-plan.ts';

/** The account in which all AWS resources of the sandbox live. */
export const SANDBOX_ACCOUNT = '111122223333';
/** IAM and Route 53 are global; their resources are listed in this region. */
const GLOBAL_REGION = 'us-east-1';

/** The tags that mark a resource as owned by this cluster. */
function awsTags({ infraID, clusterID, userTags }: SandboxCluster): ResourceTags {
  return {
    ...userTags,
    [`kubernetes.io/cluster/${infraID}`]: 'owned',
    openshiftClusterID: clusterID,
    [`sigs.k8s.io/cluster-api-provider-aws/cluster/${infraID}`]: 'owned',
  };
}

/**
 * The resources of an installer-provisioned cluster on AWS: a NAT gateway in each zone, network load balancers of the API (internal, and
 * external unless it is private), a classic one of the ingress unless another type is chosen, and one disk for each machine.
 */
export function planAws(cluster: SandboxCluster): ResourcePlan {
  const aws = resourceFactory(cluster);
  const { infraID } = cluster;
  const domain = clusterDomain(cluster);
  const ingress = `a${deterministicHex(`${infraID}/ingress`, 31)}`;
  return {
    iam: ['master', 'worker'].flatMap((role) => [
      aws.iam('role', `${infraID}-${role}-role`),
      aws.iam('instance-profile', `${infraID}-${role}-profile`, { role: `${infraID}-${role}-role` }),
    ]),
    network: [...networkOf(cluster, aws), ...loadBalancersOf(cluster, aws)],
    dns: [
      ...(cluster.hostedZone === undefined ? [aws.hostedZone(domain)] : []),
      aws.privateRecord(`api.${domain}`, `${infraID}-int`),
      aws.privateRecord(`api-int.${domain}`, `${infraID}-int`),
      ...(cluster.isPublic ? [aws.publicRecord(`api.${domain}`, `${infraID}-ext`)] : []),
    ],
    bootstrap: [
      aws.bucket(`openshift-bootstrap-data-${infraID}`),
      aws.iam('instance-profile', `${infraID}-bootstrap-profile`),
      ...aws.machine('bootstrap', 0, cluster.controlPlane.instanceType),
    ],
    controlPlane: range(cluster.controlPlane.replicas).flatMap((i) =>
      aws.machine('master', i, cluster.controlPlane.instanceType),
    ),
    cluster: [
      ...range(cluster.workers.replicas).flatMap((i) =>
        aws.machine('worker', i, cluster.workers.instanceType),
      ),
      ...cluster.pools.flatMap((pool) => range(pool.replicas).flatMap((i) => aws.poolMachine(pool, i))),
      aws.balancer(cluster.ingressType, ingress, cluster.isPublic ? EXTERNAL : INTERNAL),
      aws.ec2('security-group', 'sg', `k8s-elb-${ingress}`),
      aws.privateRecord(`\\052.apps.${domain}`, ingress),
      ...(cluster.isPublic ? [aws.publicRecord(`\\052.apps.${domain}`, ingress)] : []),
    ],
  };
}

/** The resources of a worker that the cluster creates later. @param zone its name */
export function planAwsWorker(
  cluster: SandboxCluster,
  name: string,
  { zone, instanceType }: { readonly zone: string; readonly instanceType: string },
): NewResource[] {
  return resourceFactory(cluster).worker(name, zone, instanceType);
}

function networkOf(cluster: SandboxCluster, aws: ResourceFactory): NewResource[] {
  const groups = ['apiserver-lb', 'lb', 'controlplane', 'node'].map((role) =>
    aws.ec2('security-group', 'sg', `${cluster.infraID}-${role}`),
  );
  return cluster.hasOwnSubnets ? groups : [...newNetwork(cluster, aws), ...groups];
}

function newNetwork({ infraID, zones, pools }: SandboxCluster, aws: ResourceFactory): NewResource[] {
  return [
    aws.ec2('vpc', 'vpc', `${infraID}-vpc`),
    aws.ec2('internet-gateway', 'igw', `${infraID}-igw`),
    ...zones.flatMap((zone, i) => [
      aws.subnet('public', zone, `10.0.${i * 16}.0/20`),
      aws.subnet('private', zone, `10.0.${128 + i * 16}.0/20`),
    ]),
    ...pools.flatMap(({ role, zone }, i) =>
      role === 'edge'
        ? [
            aws.subnet('public', zone, `10.0.${240 + i * 2}.0/24`),
            aws.subnet('private', zone, `10.0.${241 + i * 2}.0/24`),
          ]
        : [],
    ),
    ...zones.map((zone) => aws.ec2('elastic-ip', 'eipalloc', `${infraID}-eip-${zone}`)),
    ...zones.map((zone) =>
      aws.ec2('natgateway', 'nat', `${infraID}-nat-${zone}`, {
        subnet: `${infraID}-subnet-public-${zone}`,
        address: `${infraID}-eip-${zone}`,
      }),
    ),
    aws.ec2('route-table', 'rtb', `${infraID}-rt-public`),
    ...zones.map((zone) => aws.ec2('route-table', 'rtb', `${infraID}-rt-private-${zone}`)),
    aws.ec2('vpc-endpoint', 'vpce', `${infraID}-vpce-s3`),
  ];
}

const INTERNAL = { scheme: 'internal', subnets: 'private' } as const;
const EXTERNAL = { scheme: 'internet-facing', subnets: 'public' } as const;

function loadBalancersOf({ infraID, isPublic }: SandboxCluster, aws: ResourceFactory): NewResource[] {
  return [
    aws.balancer('network', `${infraID}-int`, INTERNAL),
    aws.targetGroup(`${infraID}-api-int`, { port: '6443' }),
    aws.targetGroup(`${infraID}-mcs`, { port: '22623' }),
    ...(isPublic
      ? [
          aws.balancer('network', `${infraID}-ext`, EXTERNAL),
          aws.targetGroup(`${infraID}-api-ext`, { port: '6443' }),
        ]
      : []),
  ];
}

type ResourceFactory = ReturnType<typeof resourceFactory>;

function resourceFactory(cluster: SandboxCluster) {
  const { region, infraID, zones } = cluster;
  const zoneId = cluster.hostedZone ?? `Z0${deterministicHex(infraID, 18).toUpperCase()}`;
  const tagged = (name: string) => ({ ...awsTags(cluster), Name: name });
  const make = (resource: Omit<NewResource, 'infraId'>): NewResource => ({ ...resource, infraId: infraID });

  function ec2(kind: string, prefix: string, name: string, details: ResourceTags = {}): NewResource {
    const id = `${prefix}-0${deterministicHex(`${infraID}/${kind}/${name}`, 16)}`;
    const arn = `arn:aws:ec2:${region}:${SANDBOX_ACCOUNT}:${kind}/${id}`;
    return make({ id, arn, type: `ec2:${kind}`, region, name, tags: tagged(name), details });
  }
  function instance(role: string, name: string, zone: string, instanceType: string): NewResource[] {
    const details = {
      instanceType,
      subnet: `${infraID}-subnet-private-${zone}`,
      profile: `${infraID}-${role}-profile`,
      disk: `${name}-root`,
    };
    return [ec2('instance', 'i', name, details), ec2('volume', 'vol', details.disk, { machine: name })];
  }
  function machine(role: 'bootstrap' | 'master' | 'worker', index: number, instanceType: string) {
    const zone = zones[index % zones.length] ?? '';
    const suffix = {
      bootstrap: '',
      master: `-${index}`,
      worker: `-${region}${zone}-${deterministicHex(`${infraID}/worker/${index}`, 5)}`,
    };
    return instance(role, `${infraID}-${role}${suffix[role]}`, zone, instanceType);
  }
  /** Subnets have the letter of a zone in their names, and the whole name of a Local or Wavelength Zone. */
  function worker(name: string, zone: string, instanceType: string): NewResource[] {
    return instance(
      'worker',
      name,
      zone.startsWith(`${region}-`) ? zone : zone.slice(region.length),
      instanceType,
    );
  }
  function poolMachine(pool: SandboxPool, index: number): NewResource[] {
    const { name, zone, instanceType } = pool;
    const suffix = deterministicHex(`${infraID}/${name}/${zone}/${index}`, 5);
    return worker(`${machineSetName(infraID, pool)}-${suffix}`, zone, instanceType);
  }
  function elb(
    kind: 'loadbalancer' | 'targetgroup',
    name: string,
    pathOf: (id: string) => string,
    details: ResourceTags,
  ): NewResource {
    const id = deterministicHex(`${infraID}/${kind}/${name}`, 16);
    const arn = `arn:aws:elasticloadbalancing:${region}:${SANDBOX_ACCOUNT}:${kind}/${pathOf(id)}`;
    return make({
      ...{ id, arn, region, name, details },
      type: `elasticloadbalancing:${kind}`,
      tags: tagged(name),
    });
  }
  /** Records have no tags; they are found only by zone and name. */
  function record(zone: string, name: string, side: 'public' | 'private', target: string): NewResource {
    const arn = `arn:aws:route53:::hostedzone/${zone}/recordset/${name}`;
    const id = `${zone}-${side}-${name}`;
    const details = { side, target, region };
    return make({ id, arn, type: 'route53:recordset', region: GLOBAL_REGION, name, tags: {}, details });
  }
  return {
    ec2,
    machine,
    worker,
    poolMachine,
    subnet: (side: 'public' | 'private', zone: string, cidr: string) =>
      ec2('subnet', 'subnet', `${infraID}-subnet-${side}-${zone}`, {
        cidr,
        zone: zone.startsWith(region) ? zone : `${region}${zone}`,
      }),
    /** The ARN of a classic one has only its name. */
    balancer: (type: SandboxCluster['ingressType'], name: string, details: ResourceTags) =>
      elb('loadbalancer', name, (id) => (type === 'classic' ? name : `net/${name}/${id}`), details),
    targetGroup: (name: string, details: ResourceTags) =>
      elb('targetgroup', name, (id) => `${name}/${id}`, details),
    iam(kind: 'role' | 'instance-profile', name: string, details: ResourceTags = {}): NewResource {
      const arn = `arn:aws:iam::${SANDBOX_ACCOUNT}:${kind}/${name}`;
      const tags = tagged(name);
      return make({ id: name, arn, type: `iam:${kind}`, region: GLOBAL_REGION, name, tags, details });
    },
    bucket: (name: string) =>
      make({ id: name, arn: `arn:aws:s3:::${name}`, type: 's3:bucket', region, name, tags: tagged(name) }),
    hostedZone(domain: string): NewResource {
      const arn = `arn:aws:route53:::hostedzone/${zoneId}`;
      return make({
        id: zoneId,
        arn,
        type: 'route53:hostedzone',
        region: GLOBAL_REGION,
        name: domain,
        tags: tagged(`${infraID}-int`),
        details: { region },
      });
    },
    privateRecord: (name: string, target: string) => record(zoneId, name, 'private', target),
    publicRecord: (name: string, target: string) => record(`Z0PUBLIC${infraID}`, name, 'public', target),
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
