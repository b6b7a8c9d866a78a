import * as z from 'zod';
import type { CloudResource } from '../cloud.ts';
import { type ServiceInstance, serviceName } from './account-resources.ts';
import type { IbmcloudApi } from './ibmcloud-api.ts';
import { parseCreatedAt } from './ibmcloud-ownership.ts';
import { allIbmcloudPages, byNumber, byOffset } from './ibmcloud-pages.ts';
import type { IbmcloudTarget } from './ibmcloud-url.ts';

interface DnsQuery {
  readonly infraIds: readonly string[];
  readonly clusterName?: string;
  readonly baseDomain?: string;
}

interface Zone {
  readonly name: string;
  readonly records: () => Promise<DnsRecord[]>;
}

interface DnsRecord {
  readonly id: string;
  readonly name: string;
  readonly target: string;
  readonly made: string | undefined;
}

const zone = z.object({ id: z.string(), name: z.string() });
const cisRecord = z.object({
  id: z.string(),
  name: z.string(),
  content: z.string().default(''),
  created_on: z.string().optional(),
});
const privateRecord = z.object({
  id: z.string(),
  name: z.string(),
  rdata: z.object({ cname: z.string().optional(), ip: z.string().optional() }).default({}),
  created_on: z.string().optional(),
});

/**
 * DNS records below the cluster's domain, in Internet Services (public) and DNS Services (private). They have neither tags nor an
 * infraID. If one points to a load balancer of another infraID, they belong to a later cluster of the same name (G5).
 */
export async function clusterDnsRecords(
  ibmcloud: IbmcloudApi,
  { infraIds, clusterName, baseDomain }: DnsQuery,
  instances: readonly ServiceInstance[],
  otherHostnames: () => Promise<ReadonlySet<string>>,
): Promise<CloudResource[]> {
  // A cluster without an infraID never had a record.
  if (clusterName === undefined || baseDomain === undefined || infraIds.length === 0) return [];
  const own = await recordsOf(ibmcloud, { clusterName, baseDomain }, instances);
  if (own.length === 0) return [];
  const others = await otherHostnames();
  if (own.some(({ target }) => others.has(target))) return [];
  return own.map(({ id, name, made }) => ({
    id,
    arn: `dns-record:${id}`,
    type: 'dns:record',
    region: 'global',
    name,
    infraId: infraIds.at(-1) ?? null,
    tags: {},
    createdAt: parseCreatedAt(made, ibmcloud.now()),
  }));
}

/** @returns all records at or below the domain of a cluster, also of others. */
export async function recordsOf(
  ibmcloud: IbmcloudApi,
  { clusterName, baseDomain }: { readonly clusterName: string; readonly baseDomain: string },
  instances: readonly ServiceInstance[],
): Promise<DnsRecord[]> {
  const domain = `${clusterName}.${baseDomain}`;
  const zones = await zonesOf(ibmcloud, instances, baseDomain);
  const records = (await Promise.all(zones.map(({ records: list }) => list()))).flat();
  return records.filter(({ name }) => name === domain || name.endsWith(`.${domain}`));
}

/** @returns whether an Internet Services instance of the account serves the domain. */
export async function hasPublicDnsZone(
  ibmcloud: IbmcloudApi,
  instances: readonly ServiceInstance[],
  baseDomain: string,
): Promise<boolean> {
  const lists = await Promise.all(publicInstances(instances).map((each) => publicZones(ibmcloud, each)));
  return lists.flat().some(({ name }) => isServedBy(name, baseDomain));
}

async function zonesOf(
  ibmcloud: IbmcloudApi,
  instances: readonly ServiceInstance[],
  baseDomain: string,
): Promise<Zone[]> {
  const privates = instances.filter((each) => serviceName(each) === 'dns-svcs');
  const lists = await Promise.all([
    ...publicInstances(instances).map((each) => publicZones(ibmcloud, each)),
    ...privates.map((each) => privateZones(ibmcloud, each)),
  ]);
  return lists.flat().filter(({ name }) => isServedBy(name, baseDomain));
}

function publicInstances(instances: readonly ServiceInstance[]): ServiceInstance[] {
  return instances.filter((each) => serviceName(each) === 'internet-svcs');
}

/** The base domain may be a subdomain of a zone. */
function isServedBy(zoneName: string, baseDomain: string): boolean {
  return zoneName === baseDomain || baseDomain.endsWith(`.${zoneName}`);
}

async function publicZones(ibmcloud: IbmcloudApi, { crn }: ServiceInstance): Promise<Zone[]> {
  const path = `/v1/${encodeURIComponent(crn)}/zones`;
  const found = await allIbmcloudPages(
    ibmcloud,
    'listing zones',
    { service: 'cis', path },
    byNumber,
    'result',
    zone,
  );
  return found.map(({ id, name }) => {
    const target: IbmcloudTarget = { service: 'cis', path: `${path}/${id}/dns_records` };
    const records = async () =>
      (
        await allIbmcloudPages(ibmcloud, `listing records of ${name}`, target, byNumber, 'result', cisRecord)
      ).map((record) => ({
        id: record.id,
        name: record.name,
        target: record.content,
        made: record.created_on,
      }));
    return { name, records };
  });
}

async function privateZones(ibmcloud: IbmcloudApi, { guid }: ServiceInstance): Promise<Zone[]> {
  const path = `/v1/instances/${guid}/dnszones`;
  const found = await allIbmcloudPages(
    ibmcloud,
    'listing private zones',
    { service: 'dns-svcs', path },
    byOffset,
    'dnszones',
    zone,
  );
  return found.map(({ id, name }) => {
    const target: IbmcloudTarget = { service: 'dns-svcs', path: `${path}/${id}/resource_records` };
    const records = async () =>
      (
        await allIbmcloudPages(
          ibmcloud,
          `listing records of ${name}`,
          target,
          byOffset,
          'resource_records',
          privateRecord,
        )
      ).map((record) => ({
        id: record.id,
        name: record.name,
        target: record.rdata.cname ?? record.rdata.ip ?? '',
        made: record.created_on,
      }));
    return { name, records };
  });
}
