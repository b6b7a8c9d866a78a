import { systemClientClock } from '../../client/client-clock.ts';
import type { Transport } from '../../client/transport.ts';
import type { AwsAuth } from '../config/connection.ts';
import { configDirectory } from '../config/context-file.ts';
import { awsCredentials } from './aws-credentials.ts';
import { AwsSession } from './aws-session.ts';
import { fileSessionCache } from './session-cache.ts';

interface OpenAwsSessionOptions {
  readonly server: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly transport: Transport;
}

/** Variables that select the AWS identity. Secrets are not needed to tell identities apart. */
const IDENTITY_VARIABLES = [
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/** The session of an AWS identity with a server, shared by all commands of this user. */
export function openAwsSession(auth: AwsAuth, { env, ...options }: OpenAwsSessionOptions): AwsSession {
  const { profile, region, audience } = auth;
  const identity = [
    options.server,
    audience,
    profile ?? '',
    ...IDENTITY_VARIABLES.map((name) => env[name] ?? ''),
  ];
  const named = profile ?? env['AWS_PROFILE'];
  return new AwsSession({
    ...options,
    audience,
    cache: fileSessionCache(configDirectory(env), identity),
    loadAwsIdentity: async () => ({ credentials: await awsCredentials({ profile, region, env }), region }),
    profileFlag: named === undefined ? '' : ` --profile ${named}`,
    now: systemClientClock.now,
  });
}
