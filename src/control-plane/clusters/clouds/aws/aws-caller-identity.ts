import type { AwsApi } from './aws-api.ts';

export interface AwsCallerIdentity {
  readonly account: string;
  /** ARN of the user or of the role's session. */
  readonly principal: string;
}

/** Whom AWS takes the worker for. @throws AwsError CREDENTIALS_MISSING, CREDENTIALS_INVALID */
export async function awsCallerIdentity(aws: AwsApi, region: string): Promise<AwsCallerIdentity> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = await aws.clients.sts(region);
  const { Account = '', Arn = '' } = await aws.call('asking who the worker is', (options) =>
    client.send(new GetCallerIdentityCommand({}), options),
  );
  return { account: Account, principal: Arn };
}
