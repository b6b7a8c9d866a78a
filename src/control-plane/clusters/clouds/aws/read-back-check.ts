import { randomUUID } from 'node:crypto';
import { type CloudQuery, type CloudResource, firstFew, type PreflightRequest } from '../cloud.ts';
import { UNUSED_INFRA_ID, unusedClusterQuery } from '../unused-cluster.ts';
import type { AwsApi } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';
import { AwsError, type AwsErrorCode, awsErrorCode } from './aws-error.ts';
import { bucketTags } from './buckets.ts';
import { EC2_LISTINGS } from './ec2-listings.ts';
import { filterExisting } from './filter-existing.ts';
import { type HostedZone, zoneTags } from './hosted-zones.ts';
import { iamTags } from './iam-entities.ts';
import { networkBlockers } from './network-blockers.ts';
import { openZoneAccount } from './zone-account.ts';

/** Lists what AWS has of a cluster. `zones` are those of the account, if they have been listed already. */
export type AwsInventory = (
  aws: AwsApi,
  query: CloudQuery,
  zones?: Promise<readonly HostedZone[]>,
) => Promise<CloudResource[]>;

export interface ReadBackProblem {
  readonly code: AwsErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
}

/**
 * Asks AWS what the read-back after a destroy asks, about a cluster that does not exist: a create whose end could not be proven must not
 * begin. @returns the calls that failed, by reason
 */
export async function checkReadBack(
  aws: AwsApi,
  inventory: AwsInventory,
  request: Pick<PreflightRequest, 'region' | 'baseDomain' | 'hostedZone'>,
  account: string,
  zones: Promise<readonly HostedZone[]>,
): Promise<ReadBackProblem[]> {
  const query = unusedClusterQuery(request);
  const madeUp = madeUpResources(request.region, account);
  const listings = new FailureLog(aws, () => true);
  listings.record(zones);
  // A service that rejects the made-up id has let the caller ask.
  const checks = new FailureLog(
    aws,
    ({ code, cause }) => code !== 'CLOUD_UNAVAILABLE' || awsErrorCode(cause) === undefined,
  );
  const results = await Promise.allSettled([
    inventory(listings.api, query, zones),
    ...madeUp.map((resource) => filterExisting(checks.api, [resource], query)),
    networkBlockers(checks.api, madeUp),
    iamTags(checks.api, 'iam:user', UNUSED_INFRA_ID),
    // Names of buckets are global: one that others can predict they can also take, and deny.
    bucketTags(checks.api, `ocpctl-preflight-${randomUUID()}`),
    zoneTags(checks.api, 'Z00000000000000000000'),
    sharedZoneTags(listings.api, request),
  ]);
  for (const result of results)
    if (
      result.status === 'rejected' &&
      awsErrorCode(result.reason) === undefined &&
      !(result.reason instanceof AwsError)
    )
      throw result.reason;
  return problemsOf([...(await listings.failures()), ...(await checks.failures())]);
}

/** The tags of a zone in another account, which a read-back reads if the zone is for one cluster only. */
async function sharedZoneTags(
  aws: AwsApi,
  { hostedZone, region }: Pick<PreflightRequest, 'region' | 'hostedZone'>,
): Promise<unknown> {
  if (hostedZone?.role === undefined) return undefined;
  return zoneTags(await openZoneAccount(aws, hostedZone.role, region), hostedZone.id);
}

/** Records the calls that fail, each message once: some calls are made more than once. */
class FailureLog {
  readonly api: AwsApi;
  readonly #counts: (error: AwsError) => boolean;
  readonly #failures = new Map<string, AwsError>();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(aws: AwsApi, counts: (error: AwsError) => boolean) {
    this.#counts = counts;
    this.api = {
      ...aws,
      call: (what, send, expected) => {
        const answer = aws.call(what, send, expected);
        this.record(answer);
        return answer;
      },
    };
  }

  /** Adds a call that is made elsewhere. */
  record(answer: Promise<unknown>): void {
    const noted = answer
      .catch((error: unknown) => {
        if (error instanceof AwsError && this.#counts(error)) this.#failures.set(error.message, error);
      })
      .finally(() => this.#pending.delete(noted));
    this.#pending.add(noted);
  }

  /** A listing ends with its first failure, while its other calls are still under way. */
  async failures(): Promise<AwsError[]> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    return [...this.#failures.values()];
  }
}

/** One problem for each code. */
function problemsOf(failures: readonly AwsError[]): ReadBackProblem[] {
  return [...new Set(failures.map(({ code }) => code))].map((code) => {
    const same = failures.filter((failure) => failure.code === code);
    const messages = [...new Set(same.map(({ message }) => message))];
    const hints = [...new Set(same.map(({ hint }) => hint))];
    return {
      code,
      message: `a destroy could not be verified: ${firstFew(messages, '; ')}`,
      hint: firstFew(hints, '; '),
      retryable: same.every(({ retryable }) => retryable),
    };
  });
}

/** One of each type that the read-back asks a service about. */
function madeUpResources(region: string, account: string): CloudResource[] {
  const resource = (type: string, id: string, at: string, arn: string): CloudResource => ({
    ...{ id, arn, type, region: at, name: id, infraId: UNUSED_INFRA_ID, tags: {} },
    createdAt: new Date(0),
  });
  const balancing = (kind: string, id: string) =>
    resource(
      `elasticloadbalancing:${kind}`,
      id,
      region,
      `arn:aws:elasticloadbalancing:${region}:${account}:${kind}/${id}`,
    );
  const global = (service: string, kind: string, id: string) =>
    resource(`${service}:${kind}`, id, GLOBAL_REGION, `arn:aws:${service}::${account}:${kind}/${id}`);
  return [
    ...Object.keys(EC2_LISTINGS).map((kind) =>
      resource(
        `ec2:${kind}`,
        UNUSED_INFRA_ID,
        region,
        `arn:aws:ec2:${region}:${account}:${kind}/${UNUSED_INFRA_ID}`,
      ),
    ),
    balancing('loadbalancer', `net/${UNUSED_INFRA_ID}/50dc6c495c0c9188`),
    balancing('loadbalancer', UNUSED_INFRA_ID),
    balancing('targetgroup', `${UNUSED_INFRA_ID}/50dc6c495c0c9188`),
    balancing('listener', `net/${UNUSED_INFRA_ID}/50dc6c495c0c9188/f2f7dc8efc522ab2`),
    balancing('listener-rule', `app/${UNUSED_INFRA_ID}/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee`),
    resource('ec2:launch-template', 'lt-00000000000000000', region, ''),
    resource('elasticfilesystem:file-system', 'fs-00000000000000000', region, ''),
    global('iam', 'policy', UNUSED_INFRA_ID),
    global('iam', 'role', UNUSED_INFRA_ID),
    global('iam', 'instance-profile', UNUSED_INFRA_ID),
    global('route53', 'hostedzone', 'Z00000000000000000000'),
  ];
}
