import { resolve } from 'node:path';
import type { AwsCredentials } from '../aws/account.ts';
import { fatal } from '../failures/command-exit.ts';

export interface SandboxSettings {
  /** Folder of the simulated cloud; undefined if not set. */
  readonly cloudDir: string | undefined;
  /** A simulated AWS in place of the folder; undefined if not set. */
  readonly aws: AwsSettings | undefined;
  /** Factor over the default speed; 0 disables waiting. */
  readonly speed: number;
  /** The OpenShift version that the executable reports. */
  readonly version: string;
}

export interface AwsSettings {
  readonly endpoint: string;
  readonly region: string;
  /** Undefined when the environment has none. */
  readonly credentials: AwsCredentials | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_VERSION = '4.20.3';

/**
 * Reads OCPCTL_SANDBOX_CLOUD, OCPCTL_SANDBOX_AWS_ENDPOINT, OCPCTL_SANDBOX_SPEED and OCPCTL_SANDBOX_VERSION.
 * @throws InstallerExit for nonsense
 */
export function readSandboxSettings(env: Environment): SandboxSettings {
  const cloudDir = env['OCPCTL_SANDBOX_CLOUD'];
  const speed = Number(env['OCPCTL_SANDBOX_SPEED'] ?? '1');
  const version = env['OCPCTL_SANDBOX_VERSION'] ?? DEFAULT_VERSION;
  if (!Number.isFinite(speed) || speed < 0) {
    throw fatal(
      'OCPCTL_SANDBOX_SPEED must be a number: 1 is the default speed, 10 ten times as fast, 0 no waiting',
    );
  }
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version)) {
    throw fatal('OCPCTL_SANDBOX_VERSION must be a version like 4.20.3');
  }
  return {
    cloudDir: cloudDir === undefined || cloudDir === '' ? undefined : resolve(cloudDir),
    aws: readAwsSettings(env),
    speed,
    version,
  };
}

/** Credentials as the installer takes them, but for a simulated AWS only: a stand-in must never act on the real one. */
function readAwsSettings(env: Environment): AwsSettings | undefined {
  const endpoint = env['OCPCTL_SANDBOX_AWS_ENDPOINT'];
  if (endpoint === undefined || endpoint === '') return undefined;
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : undefined;
  if (host === undefined || /(^|\.)(amazonaws\.com(\.cn)?|api\.aws|aws\.dev)$/.test(host)) {
    throw fatal(
      'OCPCTL_SANDBOX_AWS_ENDPOINT must be the URL of a simulated AWS, such as http://127.0.0.1:5000',
    );
  }
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  const credentials =
    accessKeyId && secretAccessKey
      ? { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
      : undefined;
  return { endpoint, credentials, region: env['AWS_REGION'] || 'us-east-1' };
}

/** @throws InstallerExit when the environment has no credentials: the sandbox asks nobody for them. */
export function requireCredentials({ credentials }: AwsSettings): AwsCredentials {
  if (credentials !== undefined) return credentials;
  throw fatal('no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
}

/** @throws InstallerExit when the folder is not set: the sandbox has no default cloud. */
export function requireCloudDir({ cloudDir }: SandboxSettings): string {
  if (cloudDir !== undefined) return cloudDir;
  throw fatal('OCPCTL_SANDBOX_CLOUD is not set: the sandbox needs the folder of its simulated cloud');
}
