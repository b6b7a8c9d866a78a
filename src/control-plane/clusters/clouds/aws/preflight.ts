import type { Clock } from '../../../kernel/time.ts';
import type { PreflightProblem, PreflightReport, PreflightRequest } from '../cloud.ts';
import type { AwsClients } from './clients.ts';
import { publicZone } from './dns-records.ts';
import { AwsError } from './errors.ts';
import { callerIdentity } from './identity.ts';
import { refuseUnsuitable, workerCredentials } from './installer-credentials.ts';
import { type Look, lookAt } from './look.ts';
import { checkQuota, QUOTAS, type QuotaCheck } from './quotas.ts';

export interface AwsPreflightProblem extends PreflightProblem {
  readonly code: 'CREDENTIALS_UNSUITABLE' | 'BASE_DOMAIN_ZONE_MISSING' | 'QUOTA_SHORTFALL' | 'QUOTA_RESERVED';
}

export interface AwsPreflightReport extends PreflightReport {
  readonly credentials: 'static' | 'session';
  /** When a session ends, if it says so. */
  readonly credentialsExpireAt: Date | null;
  readonly quotas: readonly QuotaCheck[];
  readonly problems: readonly AwsPreflightProblem[];
}

export interface PreflightTools {
  readonly clients: AwsClients;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: () => number;
}

/**
 * What can be known in seconds before an install of most of an hour. It refuses only what is proven to fail; what AWS
 * does not answer is noted and left to the installer.
 * @throws AwsError CREDENTIALS_MISSING, CREDENTIALS_INVALID: without them nothing can be known
 */
export async function awsPreflight(
  { clients, clock, random }: PreflightTools,
  request: PreflightRequest,
  signal: AbortSignal,
): Promise<AwsPreflightReport> {
  const look = lookAt(clients, clock, random, signal);
  const { region } = request;
  const credentials = await workerCredentials(clients, region);
  const { account, principal } = await callerIdentity(look, region);
  const lookedUp = await Promise.all([
    noted(`the hosted zone of ${request.baseDomain}`, () => missingZone(look, request)),
    ...QUOTAS.map((quota) =>
      noted(`quota ${quota.code} (${quota.name})`, async () => {
        const check = await checkQuota(look, quota, request);
        return { quota: check, problem: shortfall(check, request) };
      }),
    ),
  ]);
  const findings = [unsuitableCredentials(credentials, request), ...lookedUp];
  return {
    account,
    principal,
    credentials: credentials.sessionToken === undefined ? 'static' : 'session',
    credentialsExpireAt: credentials.expiration ?? null,
    quotas: findings.flatMap(({ quota }) => quota ?? []),
    problems: findings.flatMap(({ problem }) => problem ?? []),
    notes: findings.flatMap(({ note }) => note ?? []),
  };
}

interface Finding {
  readonly quota?: QuotaCheck;
  readonly problem?: AwsPreflightProblem | undefined;
  readonly note?: string;
}

async function noted(what: string, work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { note: `not checked: ${what}: ${error.message}` };
  }
}

function unsuitableCredentials(
  credentials: Awaited<ReturnType<typeof workerCredentials>>,
  { credentialsMode }: PreflightRequest,
): Finding {
  try {
    refuseUnsuitable(credentials, { command: 'create', credentialsMode });
    return {};
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { message, hint } = error;
    return { problem: { code: 'CREDENTIALS_UNSUITABLE', message, hint, retryable: false } };
  }
}

async function missingZone(look: Look, { baseDomain, publish }: PreflightRequest): Promise<Finding> {
  // A private cluster brings its own zone.
  if (publish === 'Internal' || (await publicZone(look, baseDomain)) !== undefined) return {};
  return {
    problem: {
      code: 'BASE_DOMAIN_ZONE_MISSING',
      message: `the account has no public hosted zone ${baseDomain}`,
      hint: `make the zone in Route 53 and delegate it, or offer another base domain in the profile`,
      retryable: false,
    },
  };
}

/** @returns why there is no room for one more, by itself or beside the creates that have not taken theirs yet. */
export function shortfall(
  { code, name, limit, used, needed }: QuotaCheck,
  { region, createsInFlight }: Pick<PreflightRequest, 'region' | 'createsInFlight'>,
): AwsPreflightProblem | undefined {
  if (needed === 0) return undefined;
  const free = limit - used;
  const figures = `${name} in ${region}: ${needed} needed, ${free} of ${limit} free`;
  if (needed > free) {
    return {
      code: 'QUOTA_SHORTFALL',
      message: figures,
      hint: `remove what is not needed, or ask AWS to raise quota ${code} in ${region}`,
      retryable: false,
    };
  }
  if (needed * (createsInFlight + 1) <= free) return undefined;
  return {
    code: 'QUOTA_RESERVED',
    message: `${figures}, which ${createsInFlight === 1 ? 'a create' : `${createsInFlight} creates`} under way will take`,
    hint: 'it is tried again',
    retryable: true,
  };
}
