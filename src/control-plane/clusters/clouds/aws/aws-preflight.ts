import type { Clock } from '../../../kernel/clock.ts';
import type { PoolDemand, PreflightReport, PreflightRequest } from '../cloud.ts';
import { type AwsApi, createAwsApi } from './aws-api.ts';
import type { AwsClients } from './aws-clients.ts';
import { AwsError } from './aws-error.ts';
import { type AwsQuotaCheck, awsQuotasOf, checkAwsQuota } from './aws-quotas.ts';
import { simulateDestroy } from './destroy-simulation.ts';
import { checkProfileZone, checkPublicZone, checkRecords, zonesWithRecords } from './dns-checks.ts';
import { explainRejection } from './enabled-regions.ts';
import { hostedZones } from './hosted-zones.ts';
import { poolZoneProblem } from './pool-zones.ts';
import { type AwsPreflightProblem, type CheckResult, runCheck } from './preflight-check.ts';
import { type AwsInventory, checkReadBack } from './read-back-check.ts';
import { assertSessionLasts } from './session-lifetime.ts';
import {
  type AwsCredentials,
  assertSuitableCredentials,
  awsCallerIdentity,
  workerCredentials,
} from './worker-credentials.ts';
import { chooseZones } from './zones.ts';

export interface AwsPreflightReport extends PreflightReport {
  readonly quotas: readonly AwsQuotaCheck[];
  readonly problems: readonly AwsPreflightProblem[];
}

export interface AwsPreflightContext {
  readonly clients: AwsClients;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: () => number;
  readonly defaultRegion: string;
  /** The read-back. */
  readonly inventory: AwsInventory;
}

/**
 * Checks credentials, DNS zone, quotas and the permissions to destroy and to verify it before an install. Of what the install needs it
 * reports only what is proven to fail; what cannot be checked becomes a note and is left to the installer.
 * @throws AwsError CREDENTIALS_MISSING, CREDENTIALS_INVALID, REGION_NOT_ENABLED, WORKER_CLOCK_WRONG: nothing can be checked then
 */
export async function awsPreflight(
  { clients, clock, random, defaultRegion, inventory }: AwsPreflightContext,
  request: PreflightRequest,
  signal: AbortSignal,
): Promise<AwsPreflightReport> {
  const aws = createAwsApi(clients, clock, random, signal);
  const { region } = request;
  const credentials = await workerCredentials(clients, region);
  const { account, principal } = await explainRejection(aws, { regions: [region], defaultRegion }, () =>
    awsCallerIdentity(aws, region),
  );
  const placement = await runCheck(`the zones of ${region}`, () => checkZones(aws, request));
  const { zones } = placement;
  const listed = hostedZones(aws);
  const [readBackProblems, destroy, ...checked] = await Promise.all([
    checkReadBack(aws, inventory, request, account, listed),
    zonesWithRecords(listed, request).then((existing) =>
      simulateDestroy(aws, { account, principal }, { ...request, zones: existing }),
    ),
    ...(request.pools ?? []).map((pool) =>
      runCheck(`the zones of the pool ${pool.name}`, () => checkPoolZones(aws, region, pool)),
    ),
    runCheck(`the hosted zone of ${request.baseDomain}`, () => checkPublicZone(listed, request)),
    runCheck('the hosted zone of the profile', () => checkProfileZone(aws, request, account)),
    runCheck(`the DNS records of ${request.baseDomain}`, () => checkRecords(aws, listed, request)),
    ...awsQuotasOf(request).map((quota) =>
      runCheck(`quota ${quota.code} (${quota.name})`, async () => {
        const check = await checkAwsQuota(aws, quota, { ...request, zones: zones?.length });
        return { quota: check, problem: quotaProblem(check, request) };
      }),
    ),
  ]);
  const findings = [checkCredentials(credentials, request, clock.now()), placement, ...checked];
  return {
    account,
    principal,
    quotas: findings.flatMap(({ quota }) => quota ?? []),
    problems: [...findings.flatMap(({ problem }) => problem ?? []), ...readBackProblems, ...destroy.problems],
    notes: [...findings.flatMap(({ note }) => note ?? []), ...destroy.notes],
    zones,
  };
}

function checkCredentials(
  credentials: AwsCredentials,
  { credentialsMode }: PreflightRequest,
  now: Date,
): CheckResult {
  try {
    assertSuitableCredentials(credentials, { command: 'create', credentialsMode });
    assertSessionLasts(credentials, 'create', now);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { code, message, hint, retryable } = error;
    return { problem: { code, message, hint, retryable } };
  }
  const { sessionToken, expiration } = credentials;
  if (sessionToken === undefined || expiration !== undefined) return {};
  return {
    note: "not checked: when the worker's session ends, and it is not renewed; AWS_CREDENTIAL_EXPIRATION, or Expiration in the output of credential_process, tells it",
  };
}

/** In subnets that exist, the subnets decide. */
async function checkZones(aws: AwsApi, request: PreflightRequest): Promise<CheckResult> {
  if (request.ownSubnets) return {};
  const { zones, problem } = await chooseZones(aws, request);
  if (problem === undefined) return { zones };
  return { problem: { code: 'INSTANCE_TYPE_UNAVAILABLE', ...problem, retryable: false } };
}

async function checkPoolZones(aws: AwsApi, region: string, pool: PoolDemand): Promise<CheckResult> {
  const problem = await poolZoneProblem(aws, region, pool);
  return problem === undefined
    ? {}
    : { problem: { code: 'INSTANCE_TYPE_UNAVAILABLE', ...problem, retryable: false } };
}

/** @returns why the quota does not suffice for this create, alone or together with those in flight. */
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
      hint: `delete unused resources, or request an increase of quota ${code} in ${region}`,
      retryable: false,
    };
  }
  if (needed * (createsInFlight + 1) <= free) return undefined;
  return {
    code: 'QUOTA_RESERVED',
    message: `${figures}, reserved for ${createsInFlight === 1 ? 'another create' : `${createsInFlight} other creates`} in progress`,
    hint: 'the job is retried',
    retryable: true,
  };
}
