import { accountOfRole } from '../../policy/arn.ts';
import { type PreflightRequest, recordsExist } from '../cloud.ts';
import type { AwsApi } from './aws-api.ts';
import { awsRecordNames } from './cluster-dns-records.ts';
import { type HostedZone, hostedZoneName, hostedZones } from './hosted-zones.ts';
import type { CheckResult } from './preflight-check.ts';
import { openZoneAccount } from './zone-account.ts';

const missing = (message: string, hint: string): CheckResult => ({
  problem: { code: 'BASE_DOMAIN_ZONE_MISSING', message, hint, retryable: false },
});

const publicZones = (zones: readonly HostedZone[], baseDomain: string) =>
  zones.filter(({ name, isPrivate }) => name === baseDomain && !isPrivate);

/** @param listed the zones of the account */
export async function checkPublicZone(
  listed: Promise<readonly HostedZone[]>,
  { baseDomain, publish }: PreflightRequest,
): Promise<CheckResult> {
  // A private cluster needs no public zone.
  if (publish === 'Internal') return {};
  if (publicZones(await listed, baseDomain).length > 0) return {};
  return missing(
    `the account has no public hosted zone ${baseDomain}`,
    'create the zone in Route 53 and delegate it, or use another base domain in the profile',
  );
}

/** The private zone that the profile names, in the account of the worker or in that of its role. */
export async function checkProfileZone(
  aws: AwsApi,
  { hostedZone, region }: PreflightRequest,
  account: string,
): Promise<CheckResult> {
  if (hostedZone === undefined) return {};
  const { id, role } = hostedZone;
  const owner = role === undefined ? aws : await openZoneAccount(aws, role, region);
  if ((await hostedZoneName(owner, id)) !== undefined) return {};
  return missing(
    `account ${role === undefined ? account : accountOfRole(role)} has no hosted zone ${id}`,
    'correct platformConfig.aws.hostedZone of the profile; for a zone of another account, set hostedZoneRole too',
  );
}

export async function checkRecords(
  aws: AwsApi,
  listed: Promise<readonly HostedZone[]>,
  { clusterName, baseDomain, region, hostedZone }: PreflightRequest,
): Promise<CheckResult> {
  if (clusterName === undefined) return {};
  const domain = `${clusterName}.${baseDomain}`;
  const records = await awsRecordNames(aws, domain, await listed);
  if (hostedZone?.role !== undefined) {
    const owner = await openZoneAccount(aws, hostedZone.role, region);
    records.push(...(await awsRecordNames(owner, domain, await hostedZones(owner))));
  }
  return records.length === 0 ? {} : { problem: recordsExist(domain, records) };
}

/**
 * The ids of the zones of the worker's account that exist before a cluster and get records of it. None if zones cannot be listed: the
 * check of the read-back reports that.
 */
export async function zonesWithRecords(
  listed: Promise<readonly HostedZone[]>,
  { baseDomain, publish, hostedZone }: PreflightRequest,
): Promise<string[]> {
  const zones = publish === 'Internal' ? [] : await listed.catch(() => []);
  const own = hostedZone !== undefined && hostedZone.role === undefined ? [hostedZone.id] : [];
  return [...publicZones(zones, baseDomain).map(({ id }) => id), ...own];
}
