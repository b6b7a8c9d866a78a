import { accountOfRole } from '../../policy/arn.ts';
import type { AwsApi } from './aws-api.ts';
import { AwsError, awsErrorCode, toAwsError } from './aws-error.ts';

/**
 * The account of a hosted zone, through the role that the installer uses for it. Questions name the account.
 * @param region whose STS is asked
 * @throws AwsError ACCESS_DENIED if the worker may not assume the role
 */
export async function openZoneAccount(aws: AwsApi, role: string, region: string): Promise<AwsApi> {
  const { AssumeRoleCommand } = await import('@aws-sdk/client-sts');
  const sts = await aws.clients.sts(region);
  const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'ocpctl' });
  const assuming = `assuming ${role}, the role for the hosted zone`;
  const { Credentials: session } = await aws.call(
    assuming,
    withHint(assuming, [], (options) => sts.send(command, options), {
      hint: `let the trust policy of the role trust the worker's principal, and allow the worker sts:AssumeRole of it`,
    }),
  );
  const clients = aws.clients.withCredentials({
    accessKeyId: session?.AccessKeyId ?? '',
    secretAccessKey: session?.SecretAccessKey ?? '',
    sessionToken: session?.SessionToken ?? '',
  });
  return {
    ...aws,
    clients,
    call(what, send, expected = []) {
      const question = `${what} in account ${accountOfRole(role)}`;
      const hint = `allow it for ${role}; docs/connect-aws.md lists what the role needs`;
      return aws.call(question, withHint(question, expected, send, { hint }), expected);
    },
  };
}

type Send<T> = (options: { readonly abortSignal: AbortSignal }) => Promise<T>;

/** In another account the policy of the worker is not what denies. */
function withHint<T>(
  what: string,
  expected: readonly string[],
  send: Send<T>,
  { hint }: { readonly hint: string },
): Send<T> {
  return async (options) => {
    try {
      return await send(options);
    } catch (thrown) {
      if (expected.includes(awsErrorCode(thrown) ?? '')) throw thrown;
      const error = toAwsError(thrown, what);
      if (error.code !== 'ACCESS_DENIED') throw thrown;
      throw new AwsError(error.code, error.message, { hint, retryable: false, cause: thrown });
    }
  };
}
