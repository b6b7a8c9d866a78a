import type { CloudIdentity, InstallerPurpose } from '../cloud.ts';
import type { AwsApi } from './aws-api.ts';
import type { AwsClients } from './aws-clients.ts';
import { AwsError, toAwsError } from './aws-error.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
  /** Where the SDK found them. */
  readonly $source?: Readonly<Record<string, unknown>>;
}

/** The worker's own credentials, from the SDK's provider chain. @throws AwsError CREDENTIALS_MISSING */
export async function workerCredentials(clients: AwsClients, region: string): Promise<AwsCredentials> {
  try {
    const { config } = await clients.sts(region);
    return await config.credentials();
  } catch (error) {
    throw toAwsError(error, 'reading the credentials');
  }
}

/**
 * The credentials as environment variables of the installer. Never the name of a profile or file of the worker, through which the
 * installer could read its other credentials.
 */
export function keyVariables({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: AwsCredentials): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
  };
}

/** Session keys expire during the life of a cluster, so the installer accepts them only in mode Manual. */
export function assertSuitableCredentials(
  { sessionToken }: AwsCredentials,
  { command, credentialsMode }: InstallerPurpose,
): void {
  if (command === 'destroy' || sessionToken === undefined || credentialsMode === 'Manual') return;
  throw new AwsError(
    'CREDENTIALS_UNSUITABLE',
    `the worker has session credentials (a role, SSO or an instance profile), which openshift-install rejects in ${
      credentialsMode === undefined ? 'the default credentials mode' : `credentials mode ${credentialsMode}`
    }`,
    {
      hint: 'use the keys of an IAM user, or create clusters in credentials mode Manual (OCPCTL_AWS_CREDENTIALS_MODE=Manual)',
      retryable: false,
    },
  );
}

/** Reads the account and ARN of the worker's credentials. @throws AwsError CREDENTIALS_MISSING, CREDENTIALS_INVALID */
export async function awsCallerIdentity(aws: AwsApi, region: string): Promise<CloudIdentity> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = await aws.clients.sts(region);
  const { Account = '', Arn = '' } = await aws.call('reading the caller identity', (options) =>
    client.send(new GetCallerIdentityCommand({}), options),
  );
  return { account: Account, principal: Arn };
}
