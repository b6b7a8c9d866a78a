import type { _InstanceType } from '@aws-sdk/client-ec2';
import { type Ec2Kind, tagged } from './ec2-kind.ts';
import { SUBNET } from './network.ts';
import { requireDetail, toAws } from './resource-kind.ts';

/** Any image id: nothing boots. */
const IMAGE = 'ami-0abcdef1234567890';
const ROOT_GIB = 120;

export const INSTANCE: Ec2Kind = {
  async describe(ec2, input) {
    const { Reservations = [], NextToken } = await ec2.describeInstances(input);
    const alive = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
      ({ State }) => State?.Name !== 'terminated',
    );
    return { items: alive.map(({ InstanceId, Tags }) => ({ id: InstanceId, tags: Tags })), next: NextToken };
  },
  async create(ec2, resource, find) {
    const { tags } = resource;
    const diskTags = { ...tags, Name: requireDetail(resource, 'disk') };
    const { Instances = [] } = await ec2.runInstances({
      ImageId: IMAGE,
      // New instance types may be missing from the type list of the SDK.
      InstanceType: requireDetail(resource, 'instanceType') as _InstanceType,
      MinCount: 1,
      MaxCount: 1,
      SubnetId: await find(SUBNET, requireDetail(resource, 'subnet')),
      IamInstanceProfile: { Name: requireDetail(resource, 'profile') },
      // The disk outlives its machine, so that a destroy has to delete it.
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { VolumeSize: ROOT_GIB, DeleteOnTermination: false } },
      ],
      TagSpecifications: [
        ...(tagged('instance', tags).TagSpecifications ?? []),
        { ResourceType: 'volume', Tags: toAws(diskTags) },
      ],
    });
    return Instances[0]?.InstanceId;
  },
  remove: (ec2, id) => ec2.terminateInstances({ InstanceIds: [id] }),
};

/** Root disks, created with their machines. */
export const VOLUME: Ec2Kind = {
  async describe(ec2, input) {
    const { Volumes = [], NextToken } = await ec2.describeVolumes(input);
    return { items: Volumes.map(({ VolumeId, Tags }) => ({ id: VolumeId, tags: Tags })), next: NextToken };
  },
  create: (_, resource, find) => find(VOLUME, resource.name),
  remove: (ec2, VolumeId) => ec2.deleteVolume({ VolumeId }),
};
