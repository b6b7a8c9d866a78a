import { promises as fs } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../../client/signature-v4.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';

export interface AwsCredentialsOptions {
  readonly profile: string | undefined;
  readonly region: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The caller's AWS credentials from the default provider chain: environment, profiles (SSO, assumed roles, processes),
 * containers, instances. No other file of the command line loads the SDK.
 * @throws CliError NO_AWS_CREDENTIALS, AWS_CREDENTIALS_FAILED
 */
export async function awsCredentials({ profile, region, env }: AwsCredentialsOptions): Promise<Credentials> {
  // The warning about old Node versions is for developers, not for users of this program.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const chain = fromNodeProviderChain({
    ...(profile === undefined ? {} : { profile }),
    clientConfig: { region },
    logger: SILENT_LOGGER,
  });
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await chain();
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  } catch (thrown) {
    throw await explain(thrown, profile ?? env['AWS_PROFILE'], env);
  }
}

const ignore = (): void => {};
const SILENT_LOGGER = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

async function explain(
  thrown: unknown,
  profile: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<CliError> {
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const options = { exitCode: EXIT.unauthenticated, cause: thrown };
  const flag = profile === undefined ? '' : ` --profile ${profile}`;
  if (name !== 'CredentialsProviderError' && name !== 'TokenProviderError') {
    return new CliError(
      'AWS_CREDENTIALS_FAILED',
      `AWS credentials could not be loaded: ${message} (${name})`,
      {
        ...options,
        hint: `check that 'aws sts get-caller-identity${flag}' succeeds`,
      },
    );
  }
  if (await usesSso(profile ?? 'default', env)) {
    return new CliError(
      'NO_AWS_CREDENTIALS',
      `the SSO session of AWS profile "${profile ?? 'default'}" has expired`,
      {
        ...options,
        hint: `run 'aws sso login${flag}'`,
      },
    );
  }
  const where = profile === undefined ? '' : ` for profile "${profile}"`;
  return new CliError('NO_AWS_CREDENTIALS', `no AWS credentials found${where}`, {
    ...options,
    hint: `check that 'aws sts get-caller-identity${flag}' succeeds, or use another profile with --aws-profile`,
  });
}

/** Whether the section of the profile in the AWS configuration file has an SSO session. */
async function usesSso(profile: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const file = env['AWS_CONFIG_FILE'] || join(env['HOME'] || homedir(), '.aws', 'config');
  const text = await fs.readFile(file, 'utf8').catch(() => '');
  const section = text
    .split(/^(?=\s*\[)/m)
    .find((part) => /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(part)?.[1] === profile);
  return /^\s*sso_(?:session|start_url)\s*=/m.test(section ?? '');
}
