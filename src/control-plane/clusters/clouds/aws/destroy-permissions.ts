import type { PreflightRequest } from '../cloud.ts';

/** What a create has to know of a cluster to tell which permissions its destroy needs. */
export type DestroyDemand = Pick<
  PreflightRequest,
  'region' | 'clusterName' | 'credentialsMode' | 'ownSubnets' | 'hostedZone' | 'ownIam'
> & {
  /** The ids of the hosted zones that exist before the cluster and get records of it. */
  readonly zones: readonly string[];
};

/** An action, with the ARN of a resource that a destroy would use it on. */
export interface DestroyPermission {
  readonly action: string;
  readonly resource: string;
}

interface PermissionGroup {
  /** As in docs/connect-aws.md. */
  readonly when: string;
  readonly applies: (demand: DestroyDemand) => boolean;
  /** The resources of each action, without `arn:PARTITION:SERVICE:REGION:ACCOUNT:`. */
  readonly actions: Readonly<Record<string, string>>;
}

const EC2_ID = '00000000000000000';
const INSTANCE_PROFILE = 'instance-profile/INFRA_ID-master-profile';
const ROLE = 'role/INFRA_ID-master-role';
const NEW_ZONE = 'Z00000000000000000000';
const USER = 'user/USER_PREFIX-openshift-image-registry-00000';

/**
 * What `openshift-install destroy cluster` and `ccoctl aws delete` call: of the installer's permission groups `delete-*`
 * (pkg/asset/installconfig/aws/permissions.go, 4.16 to 4.20) those that its destroyer uses, and the deleting ones of `create-base`.
 */
export const DESTROY_PERMISSIONS: readonly PermissionGroup[] = [
  {
    when: 'always',
    applies: () => true,
    actions: {
      'ec2:DeleteNetworkInterface': `network-interface/eni-${EC2_ID}`,
      'ec2:DeleteSecurityGroup': `security-group/sg-${EC2_ID}`,
      'ec2:DeleteSnapshot': `snapshot/snap-${EC2_ID}`,
      'ec2:DeleteVolume': `volume/vol-${EC2_ID}`,
      'ec2:DeregisterImage': `image/ami-${EC2_ID}`,
      'ec2:RevokeSecurityGroupEgress': `security-group/sg-${EC2_ID}`,
      'ec2:RevokeSecurityGroupIngress': `security-group/sg-${EC2_ID}`,
      'ec2:TerminateInstances': `instance/i-${EC2_ID}`,
      'elasticloadbalancing:DeleteLoadBalancer': 'loadbalancer/net/INFRA_ID-int/0000000000000000',
      'elasticloadbalancing:DeleteTargetGroup': 'targetgroup/INFRA_ID-apiint/0000000000000000',
      'route53:ChangeResourceRecordSets': 'hostedzone/ZONE',
      's3:DeleteBucket': 'openshift-bootstrap-data-INFRA_ID',
      's3:DeleteObject': 'openshift-bootstrap-data-INFRA_ID/bootstrap.ign',
      's3:ListBucket': 'openshift-bootstrap-data-INFRA_ID',
    },
  },
  {
    when: 'without `subnets` in the profile',
    applies: ({ ownSubnets }) => !ownSubnets,
    actions: {
      'ec2:DeleteDhcpOptions': `dhcp-options/dopt-${EC2_ID}`,
      'ec2:DeleteInternetGateway': `internet-gateway/igw-${EC2_ID}`,
      'ec2:DeleteNatGateway': `natgateway/nat-${EC2_ID}`,
      'ec2:DeleteRouteTable': `route-table/rtb-${EC2_ID}`,
      'ec2:DeleteSubnet': `subnet/subnet-${EC2_ID}`,
      'ec2:DeleteVpc': `vpc/vpc-${EC2_ID}`,
      'ec2:DeleteVpcEndpoints': `vpc-endpoint/vpce-${EC2_ID}`,
      'ec2:DetachInternetGateway': `internet-gateway/igw-${EC2_ID}`,
      'ec2:DisassociateRouteTable': `route-table/rtb-${EC2_ID}`,
      'ec2:ReleaseAddress': `elastic-ip/eipalloc-${EC2_ID}`,
    },
  },
  {
    when: 'with `subnets`',
    applies: ({ ownSubnets }) => ownSubnets,
    actions: { 'tag:UntagResources': '*' },
  },
  {
    when: 'without `hostedZone`',
    applies: ({ hostedZone }) => hostedZone === undefined,
    actions: { 'route53:DeleteHostedZone': `hostedzone/${NEW_ZONE}` },
  },
  {
    when: 'without `iamRole` or `iamProfile` for all machines in its `installConfig`, and in credentials mode `Manual`',
    applies: ({ ownIam, credentialsMode }) => ownIam === undefined || credentialsMode === 'Manual',
    actions: { 'iam:DeleteRole': ROLE, 'iam:DeleteRolePolicy': ROLE, 'iam:ListRolePolicies': ROLE },
  },
  {
    when: 'without `iamProfile` for all machines',
    applies: ({ ownIam }) => ownIam !== 'instance profiles',
    actions: {
      'iam:DeleteInstanceProfile': INSTANCE_PROFILE,
      'iam:ListInstanceProfilesForRole': ROLE,
      'iam:RemoveRoleFromInstanceProfile': INSTANCE_PROFILE,
    },
  },
  {
    when: 'in credentials mode `Mint`, and without one',
    applies: ({ credentialsMode }) => credentialsMode === undefined || credentialsMode === 'Mint',
    actions: {
      'iam:DeleteAccessKey': USER,
      'iam:DeleteUser': USER,
      'iam:ListUserPolicies': USER,
    },
  },
  {
    when: 'in credentials mode `Mint`',
    applies: ({ credentialsMode }) => credentialsMode === 'Mint',
    actions: { 'iam:DeleteUserPolicy': USER, 'iam:ListAccessKeys': USER },
  },
  {
    when: 'in credentials mode `Manual`',
    applies: ({ credentialsMode }) => credentialsMode === 'Manual',
    actions: { 'iam:DeleteOpenIDConnectProvider': 'oidc-provider/INFRA_ID-oidc.s3.REGION.amazonaws.com' },
  },
];

/** The actions that a destroy of this cluster needs. */
export function destroyPermissions(demand: DestroyDemand, account: string): DestroyPermission[] {
  const infraId = `${demand.clusterName ?? 'ocpctl-preflight'}-00000`;
  return DESTROY_PERMISSIONS.filter(({ applies }) => applies(demand)).flatMap(({ actions }) =>
    Object.entries(actions).flatMap(([action, resource]) =>
      inZones(resource, demand).map((name) => ({
        action,
        resource: arnOf(action, name, demand.region, account)
          .replace('INFRA_ID', infraId)
          .replace('USER_PREFIX', infraId.slice(0, 20))
          .replace('REGION', demand.region),
      })),
    ),
  );
}

/** A zone that the installer creates has any id; a policy may name those that exist. */
function inZones(resource: string, { hostedZone, zones }: DestroyDemand): string[] {
  if (resource !== 'hostedzone/ZONE') return [resource];
  const all = hostedZone === undefined ? [NEW_ZONE, ...zones] : zones;
  return all.map((id) => `hostedzone/${id}`);
}

function arnOf(action: string, resource: string, region: string, account: string): string {
  const [service = ''] = action.split(':');
  if (resource === '*') return resource;
  if (service === 's3') return `arn:aws:s3:::${resource}`;
  if (service === 'route53') return `arn:aws:route53:::${resource}`;
  if (service === 'iam') return `arn:aws:iam::${account}:${resource}`;
  // Snapshots and images have no account in their ARN.
  const owner = /^(?:snapshot|image)\//.test(resource) ? '' : account;
  return `arn:aws:${service}:${region}:${owner}:${resource}`;
}
