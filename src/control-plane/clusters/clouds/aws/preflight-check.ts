import type { PreflightProblem } from '../cloud.ts';
import { AwsError, type AwsErrorCode } from './aws-error.ts';
import type { AwsQuotaCheck } from './aws-quotas.ts';

export interface AwsPreflightProblem extends PreflightProblem {
  readonly code:
    | AwsErrorCode
    | 'BASE_DOMAIN_ZONE_MISSING'
    | 'DNS_RECORDS_EXIST'
    | 'INSTANCE_TYPE_UNAVAILABLE'
    | 'QUOTA_SHORTFALL'
    | 'QUOTA_RESERVED';
}

/** What one check of a preflight found; empty if nothing is wrong. */
export interface CheckResult {
  readonly quota?: AwsQuotaCheck;
  readonly problem?: AwsPreflightProblem | undefined;
  readonly note?: string;
  readonly zones?: readonly string[];
}

/** Runs a check; if AWS does not answer it, that is a note. */
export async function runCheck(what: string, work: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { note: `not checked: ${what}: ${error.message}` };
  }
}
