import * as z from 'zod';
import {
  type CloudQuery,
  type CloudResource,
  type PreflightProblem,
  type PreflightReport,
  type PreflightRequest,
  recordsExist,
} from '../cloud.ts';
import { unusedClusterQuery } from '../unused-cluster.ts';
import {
  accountResourceGroups,
  accountServiceInstances,
  ibmcloudCallerIdentity,
} from './account-resources.ts';
import { hasPublicDnsZone, recordsOf } from './dns-records.ts';
import type { IbmcloudApi } from './ibmcloud-api.ts';
import { IbmcloudError } from './ibmcloud-error.ts';

/** The part of a preflight request that is checked on IBM Cloud. */
type IbmcloudDemand = Pick<
  PreflightRequest,
  'region' | 'baseDomain' | 'clusterName' | 'publish' | 'resourceGroup'
>;

/** Lists what IBM Cloud has of a cluster. */
export type IbmcloudInventory = (ibmcloud: IbmcloudApi, query: CloudQuery) => Promise<CloudResource[]>;

interface CheckResult {
  readonly problem?: PreflightProblem | undefined;
  readonly note?: string;
}

const region = z.object({ name: z.string(), status: z.string() });
/** Every region lists all regions; this one always exists. */
const ASKED_REGION = 'us-south';

/**
 * Checks region, resource group, DNS zone and the permission to verify a destroy before an install. Reports only what is proven to fail.
 * @throws IbmcloudError CREDENTIALS_MISSING, CREDENTIALS_INVALID: nothing can be checked without a key
 */
export async function ibmcloudPreflight(
  ibmcloud: IbmcloudApi,
  request: IbmcloudDemand,
  inventory: IbmcloudInventory,
): Promise<PreflightReport> {
  const { account, principal } = await ibmcloudCallerIdentity(ibmcloud);
  const findings = await Promise.all([
    runCheck(`region ${request.region}`, () => checkRegion(ibmcloud, request.region)),
    runCheck(`resource group ${request.resourceGroup}`, () =>
      checkResourceGroup(ibmcloud, account, request.resourceGroup),
    ),
    runCheck(`the zone of ${request.baseDomain}`, () => checkZone(ibmcloud, request)),
    checkReadBack(ibmcloud, request, inventory),
    runCheck(`the DNS records of ${request.baseDomain}`, () => checkRecords(ibmcloud, request)),
  ]);
  return {
    account,
    principal,
    problems: findings.flatMap(({ problem }) => problem ?? []),
    notes: findings.flatMap(({ note }) => note ?? []),
  };
}

/** Asks what the read-back after a destroy asks, about a cluster that does not exist: a create whose end could not be proven must not begin. */
async function checkReadBack(
  ibmcloud: IbmcloudApi,
  request: IbmcloudDemand,
  inventory: IbmcloudInventory,
): Promise<CheckResult> {
  try {
    await inventory(ibmcloud, unusedClusterQuery(request));
    return {};
  } catch (error) {
    if (!(error instanceof IbmcloudError)) throw error;
    const { code, message, hint, retryable } = error;
    return { problem: { code, message: `a destroy could not be verified: ${message}`, hint, retryable } };
  }
}

async function runCheck(
  what: string,
  work: () => Promise<PreflightProblem | undefined>,
): Promise<CheckResult> {
  try {
    return { problem: await work() };
  } catch (error) {
    if (!(error instanceof IbmcloudError)) throw error;
    return { note: `not checked: ${what}: ${error.message}` };
  }
}

async function checkRegion(ibmcloud: IbmcloudApi, name: string): Promise<PreflightProblem | undefined> {
  const target = {
    service: 'vpc' as const,
    region: ASKED_REGION,
    path: `/v1/regions/${encodeURIComponent(name)}`,
  };
  const found = await ibmcloud.find(`looking up region ${name}`, target, region);
  if (found?.status === 'available') return undefined;
  return {
    code: 'REGION_UNKNOWN',
    message: found ? `region ${name} is ${found.status}` : `IBM Cloud has no region ${name}`,
    hint: 'choose another region of the profile; `ibmcloud is regions` lists them',
    retryable: found !== undefined,
  };
}

async function checkResourceGroup(
  ibmcloud: IbmcloudApi,
  account: string,
  wanted: string | undefined,
): Promise<PreflightProblem | undefined> {
  if (wanted === undefined) return undefined;
  const groups = await accountResourceGroups(ibmcloud, account);
  if (groups.some(({ name }) => name === wanted)) return undefined;
  return {
    code: 'RESOURCE_GROUP_MISSING',
    message: `the account has no resource group ${wanted}`,
    hint: 'create it, or remove platformConfig.ibmcloud.resourceGroup from the profile: each cluster then gets its own',
    retryable: false,
  };
}

async function checkZone(
  ibmcloud: IbmcloudApi,
  { baseDomain, publish }: IbmcloudDemand,
): Promise<PreflightProblem | undefined> {
  // A private cluster uses DNS Services, with a zone in its network.
  if (
    publish === 'Internal' ||
    (await hasPublicDnsZone(ibmcloud, await accountServiceInstances(ibmcloud), baseDomain))
  ) {
    return undefined;
  }
  return {
    code: 'BASE_DOMAIN_ZONE_MISSING',
    message: `no Internet Services instance of the account serves ${baseDomain}`,
    hint: 'add the domain to an instance and delegate it, or use another base domain in the profile',
    retryable: false,
  };
}

async function checkRecords(
  ibmcloud: IbmcloudApi,
  { clusterName, baseDomain }: IbmcloudDemand,
): Promise<PreflightProblem | undefined> {
  if (clusterName === undefined) return undefined;
  const instances = await accountServiceInstances(ibmcloud);
  const records = await recordsOf(ibmcloud, { clusterName, baseDomain }, instances);
  const names = [...new Set(records.map(({ name }) => name))].sort();
  return names.length === 0 ? undefined : recordsExist(`${clusterName}.${baseDomain}`, names);
}
