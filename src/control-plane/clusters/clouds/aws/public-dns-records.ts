import type { CloudQuery, CloudResource } from '../cloud.ts';
import type { AwsApi } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';

export interface HostedZone {
  readonly id: string;
  readonly name: string;
}

/** Extracts the infraID from the name of the load balancer that the public API record points to. */
const API_LOAD_BALANCER = /^(?:dualstack\.)?(.+)-ext-[^.-]+\.elb\./;

/**
 * The public DNS records of a cluster. They have no tags, and they remain if the private zone is deleted before the
 * uninstaller has read it. Records that point to another infraID belong to that cluster (G5).
 */
export async function publicDnsRecords(aws: AwsApi, query: CloudQuery): Promise<CloudResource[]> {
  const { clusterName, baseDomain, infraIds } = query;
  // A cluster without an infraID never had a record.
  if (clusterName === undefined || baseDomain === undefined || infraIds.length === 0) return [];
  const zone = await publicHostedZone(aws, baseDomain);
  if (zone === undefined) return [];
  const domain = `${clusterName}.${baseDomain}`;
  const api = await findDnsRecord(aws, zone, `api.${domain}`);
  const target = API_LOAD_BALANCER.exec(api?.target ?? '')?.[1];
  if (target !== undefined && !infraIds.includes(target)) return [];
  const records = [api, await findDnsRecord(aws, zone, `*.apps.${domain}`)].filter(
    (record) => record !== undefined,
  );
  return records.map(({ name }) => ({
    id: `${zone.id}-${name}`,
    arn: `arn:aws:route53:::hostedzone/${zone.id}/recordset/${name}`,
    type: 'route53:recordset',
    region: GLOBAL_REGION,
    name,
    infraId: target ?? infraIds.at(-1) ?? null,
    tags: {},
    createdAt: aws.now(),
  }));
}

/** @returns the public zone with exactly this domain. */
export async function publicHostedZone(aws: AwsApi, domain: string): Promise<HostedZone | undefined> {
  const { ListHostedZonesByNameCommand } = await import('@aws-sdk/client-route-53');
  const client = await aws.clients.route53();
  // The list starts at this name, so all zones with the name come first; there are never a hundred.
  const command = new ListHostedZonesByNameCommand({ DNSName: domain, MaxItems: 100 });
  const { HostedZones = [] } = await aws.call('listing hosted zones', (options) =>
    client.send(command, options),
  );
  const zone = HostedZones.find(
    ({ Name, Config }) => normaliseDnsName(Name) === domain && Config?.PrivateZone !== true,
  );
  return zone?.Id === undefined ? undefined : { id: zone.Id.replace('/hostedzone/', ''), name: domain };
}

/** @returns the name of a zone, or undefined if the zone does not exist. */
export async function hostedZoneName(aws: AwsApi, id: string): Promise<string | undefined> {
  const { GetHostedZoneCommand } = await import('@aws-sdk/client-route-53');
  const client = await aws.clients.route53();
  try {
    const command = new GetHostedZoneCommand({ Id: id });
    const { HostedZone } = await aws.call(
      'reading a hosted zone',
      (options) => client.send(command, options),
      ['NoSuchHostedZone'],
    );
    return normaliseDnsName(HostedZone?.Name);
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchHostedZone') return undefined;
    throw error;
  }
}

interface DnsRecord {
  readonly name: string;
  readonly target: string;
}

async function findDnsRecord(aws: AwsApi, zone: HostedZone, name: string): Promise<DnsRecord | undefined> {
  const { ListResourceRecordSetsCommand } = await import('@aws-sdk/client-route-53');
  const client = await aws.clients.route53();
  const command = new ListResourceRecordSetsCommand({
    HostedZoneId: zone.id,
    StartRecordName: name,
    MaxItems: 1,
  });
  const { ResourceRecordSets = [] } = await aws.call('listing DNS records', (options) =>
    client.send(command, options),
  );
  const record = ResourceRecordSets.find(({ Name }) => normaliseDnsName(Name) === name);
  return record && { name, target: record.AliasTarget?.DNSName ?? record.ResourceRecords?.[0]?.Value ?? '' };
}

/** Removes the trailing dot, and decodes the escape that Route 53 uses for `*`. */
function normaliseDnsName(name = ''): string {
  return name.replace(/\.$/, '').replaceAll('\\052', '*');
}
