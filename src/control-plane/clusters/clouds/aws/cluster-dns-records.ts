import type { RRType } from '@aws-sdk/client-route-53';
import type { CloudQuery, CloudResource } from '../cloud.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';
import { infraIdOfAwsTags, isShared, ownerOfAwsTags } from './aws-ownership.ts';
import { type HostedZone, hostedZones, normaliseDnsName, zoneTags } from './hosted-zones.ts';

interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly target: string;
}

/** Extracts the infraID from the name of the load balancer that an API record points to. */
const API_LOAD_BALANCER = /^(?:dualstack\.)?(.+)-(?:ext|int)-[^.-]+\.elb\./;
const API_NAMES = ['api.', 'api-int.'];
/** The maximum of one call. */
const PAGE_SIZE = 300;

/**
 * All DNS records at or below the domain of a cluster, in every zone that may hold them, and its private zones. Records have no tags,
 * and programs on the cluster write others than the installer's: further ingress controllers, external-dns.
 * @param listed the zones of the account, if they have been listed already
 */
export async function awsDnsRecords(
  aws: AwsApi,
  query: CloudQuery,
  listed?: Promise<readonly HostedZone[]>,
): Promise<CloudResource[]> {
  const { clusterName, baseDomain, infraIds } = query;
  // A cluster without an infraID never had a record.
  if (clusterName === undefined || baseDomain === undefined || infraIds.length === 0) return [];
  const domain = `${clusterName}.${baseDomain}`;
  const found: CloudResource[] = [];
  for (const zone of zonesFor(domain, await (listed ?? hostedZones(aws)))) {
    if (!isAtOrBelow(zone.name, domain)) found.push(...(await recordsIn(aws, query, zone, domain)));
    else found.push(...(await ownZone(aws, query, zone)));
  }
  return found;
}

/** @returns the names of all records at or below a domain, also of others. */
export async function awsRecordNames(
  aws: AwsApi,
  domain: string,
  listed: readonly HostedZone[],
): Promise<string[]> {
  const lists: string[][] = [];
  for (const zone of zonesFor(domain, listed)) {
    const from = isAtOrBelow(zone.name, domain) ? zone.name : domain;
    lists.push((await recordsBelow(aws, zone, from)).map(({ name }) => name));
  }
  return [...new Set(lists.flat())].sort();
}

/** The zones that may hold records at or below a domain. */
function zonesFor(domain: string, listed: readonly HostedZone[]): HostedZone[] {
  return listed.filter(({ name }) => isAtOrBelow(domain, name) || isAtOrBelow(name, domain));
}

/** A zone at or below the domain: the cluster's by its tags, another cluster's, or anyone's, whose records decide. */
async function ownZone(aws: AwsApi, query: CloudQuery, zone: HostedZone): Promise<CloudResource[]> {
  const tags = await zoneTags(aws, zone.id);
  if (tags === undefined) return [];
  // An existing zone that the profile names: the installer tags it as shared, and only its records are the cluster's.
  if (isShared(tags)) return recordsIn(aws, query, zone, zone.name);
  const owner = ownerOfAwsTags(tags, query);
  if (owner === 'another') return [];
  if (owner === 'unknown' && !isInstallers(zone, query)) return recordsIn(aws, query, zone, zone.name);
  return [
    {
      id: zone.id,
      arn: `arn:aws:route53:::hostedzone/${zone.id}`,
      type: 'route53:hostedzone',
      region: GLOBAL_REGION,
      name: zone.name,
      infraId: infraIdOfAwsTags(tags, query),
      tags,
      createdAt: aws.now(),
    },
  ];
}

/** The installer tags its private zone in a second call, which may have failed. */
function isInstallers(
  { name, isPrivate, comment }: HostedZone,
  { clusterName, baseDomain }: Pick<CloudQuery, 'clusterName' | 'baseDomain'>,
): boolean {
  return isPrivate && name === `${clusterName}.${baseDomain}` && comment === 'Created by Openshift Installer';
}

async function recordsIn(
  aws: AwsApi,
  { infraIds }: CloudQuery,
  zone: HostedZone,
  domain: string,
): Promise<CloudResource[]> {
  const records = await recordsBelow(aws, zone, domain);
  const owners = new Map(
    records.flatMap(({ name, target }) => {
      const api = API_NAMES.find((label) => name.startsWith(label));
      const infraId = API_LOAD_BALANCER.exec(target)?.[1];
      return api === undefined || infraId === undefined ? [] : [[name.slice(api.length), infraId] as const];
    }),
  );
  return records.flatMap(({ name, type }) => {
    const infraId = ownerOfRecord(name, owners) ?? infraIds.at(-1) ?? null;
    // The records of another infraID are those of a cluster that uses the name now, or whose base domain is below ours (G5).
    if (infraId === null || !infraIds.includes(infraId)) return [];
    return [
      {
        id: `${zone.id}-${name}-${type}`,
        arn: `arn:aws:route53:::hostedzone/${zone.id}/recordset/${name}/${type}`,
        type: 'route53:recordset',
        region: GLOBAL_REGION,
        name,
        infraId,
        tags: {},
        createdAt: aws.now(),
      },
    ];
  });
}

/** @returns the infraID of the nearest domain above a record that has an API record. */
function ownerOfRecord(name: string, owners: ReadonlyMap<string, string>): string | undefined {
  const labels = name.split('.');
  for (let from = 0; from < labels.length; from++) {
    const owner = owners.get(labels.slice(from).join('.'));
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** Records are listed by their labels from right to left, so those below a domain follow it without a gap. NS and SOA belong to zones. */
async function recordsBelow(aws: AwsApi, zone: HostedZone, domain: string): Promise<DnsRecord[]> {
  const { ListResourceRecordSetsCommand } = await import('@aws-sdk/client-route-53');
  const client = await aws.clients.route53();
  const records = await allAwsPages(async (pageToken) => {
    const [name = domain, type, id] = pageToken?.split(' ') ?? [];
    const command = new ListResourceRecordSetsCommand({
      HostedZoneId: zone.id,
      StartRecordName: name,
      ...(type === undefined ? {} : { StartRecordType: type as RRType }),
      ...(id === undefined || id === '' ? {} : { StartRecordIdentifier: id }),
      MaxItems: PAGE_SIZE,
    });
    const page = await aws.call('listing DNS records', (options) => client.send(command, options));
    const items = (page.ResourceRecordSets ?? []).map((record) => ({
      name: normaliseDnsName(record.Name),
      type: record.Type ?? '',
      target: record.AliasTarget?.DNSName ?? record.ResourceRecords?.[0]?.Value ?? '',
    }));
    const next = normaliseDnsName(page.NextRecordName);
    const more = page.IsTruncated === true && isAtOrBelow(next, domain);
    return {
      items,
      next: more
        ? `${page.NextRecordName} ${page.NextRecordType} ${page.NextRecordIdentifier ?? ''}`
        : undefined,
    };
  });
  return records.filter(({ name, type }) => isAtOrBelow(name, domain) && type !== 'NS' && type !== 'SOA');
}

function isAtOrBelow(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
