import { type AwsApi, allAwsPages, callUnlessMissing } from './aws-api.ts';
import { type AwsTags, toAwsTags } from './aws-ownership.ts';

export interface HostedZone {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly comment: string;
}

/** All zones of the account. */
export async function hostedZones(aws: AwsApi): Promise<HostedZone[]> {
  const { ListHostedZonesCommand } = await import('@aws-sdk/client-route-53');
  const client = await aws.clients.route53();
  return allAwsPages(async (pageToken) => {
    const command = new ListHostedZonesCommand(pageToken === undefined ? {} : { Marker: pageToken });
    const { HostedZones = [], NextMarker } = await aws.call('listing hosted zones', (options) =>
      client.send(command, options),
    );
    const items = HostedZones.map(({ Id = '', Name, Config }) => ({
      id: Id.replace('/hostedzone/', ''),
      name: normaliseDnsName(Name),
      isPrivate: Config?.PrivateZone === true,
      comment: Config?.Comment ?? '',
    }));
    return { items, next: NextMarker };
  });
}

/** @returns the name of a zone, or undefined if the zone does not exist. */
export async function hostedZoneName(aws: AwsApi, id: string): Promise<string | undefined> {
  const { GetHostedZoneCommand } = await import('@aws-sdk/client-route-53');
  const client = await aws.clients.route53();
  const command = new GetHostedZoneCommand({ Id: id });
  const found = await callUnlessMissing(aws, 'reading a hosted zone', ['NoSuchHostedZone'], (options) =>
    client.send(command, options),
  );
  return found && normaliseDnsName(found.HostedZone?.Name);
}

/** Undefined if the zone was deleted meanwhile. */
export async function zoneTags(aws: AwsApi, id: string): Promise<AwsTags | undefined> {
  const { ListTagsForResourceCommand } = await import('@aws-sdk/client-route-53');
  const client = await aws.clients.route53();
  const command = new ListTagsForResourceCommand({ ResourceType: 'hostedzone', ResourceId: id });
  const found = await callUnlessMissing(
    aws,
    'reading the tags of a hosted zone',
    ['NoSuchHostedZone'],
    (options) => client.send(command, options),
  );
  return found && toAwsTags(found.ResourceTagSet?.Tags);
}

/** Removes the trailing dot, and decodes the escape that Route 53 uses for `*`. */
export function normaliseDnsName(name = ''): string {
  return name.replace(/\.$/, '').replaceAll('\\052', '*');
}
