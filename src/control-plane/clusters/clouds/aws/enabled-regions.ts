import type { AwsApi } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';
import { AwsError } from './aws-error.ts';
import { awsCallerIdentity, workerCredentials } from './worker-credentials.ts';

/**
 * Runs a call, and explains rejected credentials: a region that is not enabled says the same as about wrong ones, so the other regions
 * are asked who the caller is. @param regions those that the call uses
 */
export async function explainRejection<T>(
  aws: AwsApi,
  { regions, defaultRegion }: { readonly regions: readonly string[]; readonly defaultRegion: string },
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'CREDENTIALS_INVALID') throw error;
    const asked = [...new Set([...regions, defaultRegion, GLOBAL_REGION])];
    throw (await regionError(aws, asked, error)) ?? error;
  }
}

async function regionError(
  aws: AwsApi,
  regions: readonly string[],
  cause: AwsError,
): Promise<AwsError | undefined> {
  const accepted = new Map<string, string>();
  const rejected: string[] = [];
  for (const region of regions) {
    try {
      accepted.set(region, (await awsCallerIdentity(aws, region)).account);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      if (error.code === 'CREDENTIALS_INVALID' || error.code === 'REGION_NOT_ENABLED') rejected.push(region);
    }
  }
  const [elsewhere] = accepted;
  const [region] = rejected;
  if (elsewhere === undefined || region === undefined) return undefined;
  const [there, account] = elsewhere;
  const { sessionToken } = await workerCredentials(aws.clients, there);
  // IAM User Guide, "Manage AWS STS in an AWS Region": such tokens are valid only in regions that are enabled by default.
  const session =
    sessionToken === undefined
      ? ''
      : '; sessions of the global STS endpoint are valid only in default regions';
  return new AwsError(
    'REGION_NOT_ENABLED',
    `AWS accepts the worker's credentials in ${there} but not in ${region}: the region is not enabled in account ${account}`,
    {
      hint: `enable it with \`aws account enable-region --region-name ${region}\`, or use another region${session}`,
      retryable: false,
      cause,
    },
  );
}
