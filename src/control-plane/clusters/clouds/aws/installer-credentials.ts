import type { InstallerPurpose } from '../cloud.ts';
import type { AwsClients } from './aws-clients.ts';
import { AwsError, toAwsError } from './aws-error.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** The worker's own credentials, from wherever the SDK finds them. @throws AwsError CREDENTIALS_MISSING */
export async function workerCredentials(clients: AwsClients, region: string): Promise<AwsCredentials> {
  try {
    const { config } = await clients.sts(region);
    return await config.credentials();
  } catch (error) {
    throw toAwsError(error, 'reading the credentials');
  }
}

/**
 * The credentials as the installer's environment: values, never a profile or file of the worker, which the installer
 * could read more from.
 * @throws AwsError CREDENTIALS_UNSUITABLE when the installer would refuse them
 */
export function installerVariables(
  credentials: AwsCredentials,
  region: string,
  use: InstallerPurpose,
): Record<string, string> {
  assertSuitableCredentials(credentials, use);
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
    AWS_REGION: region,
  };
}

/** A session's keys end while the cluster lives, so the installer hands them to it in no mode but Manual. */
export function assertSuitableCredentials(
  { sessionToken }: AwsCredentials,
  { command, credentialsMode }: InstallerPurpose,
): void {
  if (command === 'destroy' || sessionToken === undefined || credentialsMode === 'Manual') return;
  throw new AwsError(
    'CREDENTIALS_UNSUITABLE',
    `the worker has session credentials (a role, SSO or an instance profile), and openshift-install refuses those in ${
      credentialsMode === undefined ? 'the default credentials mode' : `credentials mode ${credentialsMode}`
    }`,
    {
      hint: 'give the worker the keys of an IAM user, or have clusters made in credentials mode Manual (OCPCTL_AWS_CREDENTIALS_MODE=Manual)',
      retryable: false,
    },
  );
}
