import type { Look } from './look.ts';

export interface CallerIdentity {
  readonly account: string;
  /** ARN of the user or of the role's session. */
  readonly principal: string;
}

/** Whom AWS takes the worker for. @throws AwsError CREDENTIALS_MISSING, CREDENTIALS_INVALID */
export async function callerIdentity(look: Look, region: string): Promise<CallerIdentity> {
  const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
  const client = await look.clients.sts(region);
  const { Account = '', Arn = '' } = await look.ask('asking who the worker is', (options) =>
    client.send(new GetCallerIdentityCommand({}), options),
  );
  return { account: Account, principal: Arn };
}
