import type { HostedZone, ResourceRecordSet, Route53, VPCRegion } from '@aws-sdk/client-route-53';
import type { NewResource } from '../../../src/sandbox/cloud/simulated-cloud.ts';
import type { AwsAccount } from './account.ts';
import { ec2Id } from './ec2-kind.ts';
import { aliasOf } from './load-balancers.ts';
import { networkOf, VPC } from './network.ts';
import {
  allPages,
  fromAws,
  type ListedResource,
  type ResourceKind,
  requireDetail,
  requireValue,
  toAws,
} from './resource-kind.ts';

/** Private zones; public ones belong to no cluster. */
export const HOSTED_ZONE: ResourceKind = {
  isGlobal: true,
  async list(account) {
    const route53 = await account.route53();
    const zones = (await zonesOf(route53)).filter(({ Config }) => Config?.PrivateZone === true);
    return Promise.all(
      zones.map(async ({ Id = '', Name = '' }) => {
        const id = plainId(Id);
        const { ResourceTagSet } = await route53.listTagsForResource({
          ResourceType: 'hostedzone',
          ResourceId: id,
        });
        return { id, arn: zoneArn(id), name: plainName(Name), tags: fromAws(ResourceTagSet?.Tags) };
      }),
    );
  },
  async create(account, resource) {
    const { name, infraId, tags } = resource;
    const route53 = await account.route53();
    const region = requireDetail(resource, 'region');
    const { HostedZone } = await route53.createHostedZone({
      Name: name,
      CallerReference: infraId,
      HostedZoneConfig: { PrivateZone: true, Comment: infraId },
      VPC: {
        VPCId: await ec2Id(account, region, VPC, networkOf(infraId)),
        VPCRegion: region as VPCRegion,
      },
    });
    const id = plainId(requireValue(HostedZone?.Id, name));
    await route53.changeTagsForResource({
      ResourceType: 'hostedzone',
      ResourceId: id,
      AddTags: toAws(tags),
    });
    return { id, arn: zoneArn(id) };
  },
  async remove(account, { id }) {
    await (await account.route53()).deleteHostedZone({ Id: id });
  },
};

/** Address records, public and private. They have no tags. */
export const RECORD: ResourceKind = {
  isGlobal: true,
  async list(account) {
    const route53 = await account.route53();
    const perZone = await Promise.all(
      (await zonesOf(route53)).map(async ({ Id = '' }) => {
        const zone = plainId(Id);
        return (await recordsOf(route53, zone)).map((record) => listed(zone, record));
      }),
    );
    return perZone.flat();
  },
  async create(account, resource) {
    const route53 = await account.route53();
    const zone = plainId(requireValue((await zoneFor(route53, resource))?.Id, `zone for ${resource.name}`));
    const region = requireDetail(resource, 'region');
    const AliasTarget = await aliasOf(account, region, requireDetail(resource, 'target'));
    const ResourceRecordSet: ResourceRecordSet = { Name: resource.name, Type: 'A', AliasTarget };
    await route53.changeResourceRecordSets({
      HostedZoneId: zone,
      ChangeBatch: { Changes: [{ Action: 'UPSERT', ResourceRecordSet }] },
    });
    return listed(zone, ResourceRecordSet);
  },
  async remove(account, { arn }) {
    const route53 = await account.route53();
    const [, zone = '', name] = /hostedzone\/([^/]+)\/recordset\/(.+)$/.exec(arn) ?? [];
    const record = (await recordsOf(route53, zone)).find((each) => escaped(plainName(each.Name)) === name);
    if (record === undefined) return;
    await route53.changeResourceRecordSets({
      HostedZoneId: zone,
      ChangeBatch: { Changes: [{ Action: 'DELETE', ResourceRecordSet: record }] },
    });
  },
};

/** Is there a public zone for the records of a base domain? */
export async function hasPublicZone(account: AwsAccount, domain: string): Promise<boolean> {
  const zones = await zonesOf(await account.route53());
  return zones.some((zone) => isPublic(zone) && plainName(zone.Name) === domain);
}

/** The private zone of the cluster, or the public one with the longest matching name. */
async function zoneFor(route53: Route53, resource: NewResource): Promise<HostedZone | undefined> {
  const wantsPublic = requireDetail(resource, 'side') === 'public';
  const holds = (zone: HostedZone) => resource.name.endsWith(`.${plainName(zone.Name)}`);
  const zones = (await zonesOf(route53)).filter((zone) => isPublic(zone) === wantsPublic && holds(zone));
  if (!wantsPublic) return zones.find(({ Config }) => Config?.Comment === resource.infraId) ?? zones[0];
  return zones.sort((a, b) => (b.Name ?? '').length - (a.Name ?? '').length)[0];
}

function zonesOf(route53: Route53): Promise<HostedZone[]> {
  return allPages(async (Marker) => {
    const { HostedZones, NextMarker } = await route53.listHostedZones({ Marker });
    return { items: HostedZones, next: NextMarker };
  });
}

async function recordsOf(route53: Route53, HostedZoneId: string): Promise<ResourceRecordSet[]> {
  const records = await allPages(async (StartRecordName) => {
    const page = await route53.listResourceRecordSets({ HostedZoneId, StartRecordName });
    return { items: page.ResourceRecordSets, next: page.IsTruncated ? page.NextRecordName : undefined };
  });
  return records.filter(({ Type }) => Type === 'A');
}

function listed(zone: string, { Name }: ResourceRecordSet): ListedResource {
  const name = escaped(plainName(Name));
  return { id: `${zone}-${name}`, arn: `${zoneArn(zone)}/recordset/${name}`, name, tags: {} };
}

function isPublic({ Config }: HostedZone): boolean {
  return Config?.PrivateZone !== true;
}

function zoneArn(id: string): string {
  return `arn:aws:route53:::hostedzone/${id}`;
}

function plainId(id: string): string {
  return id.replace('/hostedzone/', '');
}

function plainName(name = ''): string {
  return name.replace(/\.$/, '');
}

/** Route 53 returns the asterisk as an octal code; moto does not. */
function escaped(name: string): string {
  return name.replace(/^\*/, '\\052');
}
