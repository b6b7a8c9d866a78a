import type { Clock } from '../../../kernel/clock.ts';
import type { PreflightProblem, PreflightReport, PreflightRequest } from '../cloud.ts';
import { type AwsApi, createAwsApi } from './aws-api.ts';
import { awsCallerIdentity } from './aws-caller-identity.ts';
import type { AwsClients } from './aws-clients.ts';
import { AwsError } from './aws-error.ts';
import { AWS_QUOTAS, type AwsQuotaCheck, checkAwsQuota } from './aws-quotas.ts';
import { assertSuitableCredentials, workerCredentials } from './installer-credentials.ts';
import { publicHostedZone } from './public-dns-records.ts';

export interface AwsPreflightProblem extends PreflightProblem {
  readonly code: 'CREDENTIALS_UNSUITABLE' | 'BASE_DOMAIN_ZONE_MISSING' | 'QUOTA_SHORTFALL' | 'QUOTA_RESERVED';
}

export interface AwsPreflightReport extends PreflightReport {
  readonly credentials: 'static' | 'session';
  /** When a session ends, if it says so. */
  readonly credentialsExpireAt: Date | null;
  readonly quotas: readonly AwsQuotaCheck[];
  readonly problems: readonly AwsPreflightProblem[];
}

export interface AwsPreflightContext {
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
  { clients, clock, random }: AwsPreflightContext,
  request: PreflightRequest,
  signal: AbortSignal,
): Promise<AwsPreflightReport> {
  const aws = createAwsApi(clients, clock, random, signal);
  const { region } = request;
  const credentials = await workerCredentials(clients, region);
  const { account, principal } = await awsCallerIdentity(aws, region);
  const checked = await Promise.all([
    runCheck(`the hosted zone of ${request.baseDomain}`, () => checkHostedZone(aws, request)),
    ...AWS_QUOTAS.map((quota) =>
      runCheck(`quota ${quota.code} (${quota.name})`, async () => {
        const check = await checkAwsQuota(aws, quota, request);
        return { quota: check, problem: quotaProblem(check, request) };
      }),
    ),
  ]);
  const findings = [checkCredentials(credentials, request), ...checked];
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

interface CheckResult {
  readonly quota?: AwsQuotaCheck;
  readonly problem?: AwsPreflightProblem | undefined;
  readonly note?: string;
}

async function runCheck(what: string, work: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { note: `not checked: ${what}: ${error.message}` };
  }
}

function checkCredentials(
  credentials: Awaited<ReturnType<typeof workerCredentials>>,
  { credentialsMode }: PreflightRequest,
): CheckResult {
  try {
    assertSuitableCredentials(credentials, { command: 'create', credentialsMode });
    return {};
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { message, hint } = error;
    return { problem: { code: 'CREDENTIALS_UNSUITABLE', message, hint, retryable: false } };
  }
}

async function checkHostedZone(aws: AwsApi, { baseDomain, publish }: PreflightRequest): Promise<CheckResult> {
  // A private cluster brings its own zone.
  if (publish === 'Internal' || (await publicHostedZone(aws, baseDomain)) !== undefined) return {};
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
export function quotaProblem(
  { code, name, limit, used, needed }: AwsQuotaCheck,
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
