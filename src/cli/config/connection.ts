import { readFileSync } from 'node:fs';
import type { Credentials } from '../../client/signer.ts';
import { audienceOf } from '../../contract/sts-proof.ts';
import { CliError, UsageError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { ConfigFile, Context } from './context-file.ts';
import { requireContext } from './context-row.ts';

/** Where the server is and how requests to it are signed. */
export interface Connection {
  /** The context that it came from; undefined when flags and environment said it all. */
  readonly contextName: string | undefined;
  readonly server: string;
  /** Certificates (PEM) of the authorities to trust in place of the well-known ones. */
  readonly trust?: string;
  readonly auth: KeyAuth | AwsAuth;
}

/** Keys of the server's own. */
interface KeyAuth {
  readonly kind: 'keys';
  readonly region: string;
  readonly credentials: Credentials;
}

/** A session, for whoever AWS vouches for. */
export interface AwsAuth {
  readonly kind: 'sts';
  readonly profile: string | undefined;
  /** Whose STS is asked. */
  readonly region: string;
  /** The server's name, from its address unless the context says otherwise. */
  readonly audience: string;
}

export interface ConnectionFlags {
  readonly context?: string | undefined;
  readonly server?: string | undefined;
  readonly 'aws-profile'?: string | undefined;
}

const DEFAULT_REGION = 'local';
/** Its STS knows the credentials of every region that is not one of China or of the US government. */
const DEFAULT_AWS_REGION = 'us-east-1';
const LOOPBACK = /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/;
const HOW_TO_START =
  "start one: 'ocpctl server --sandbox' makes a context for it; or 'ocpctl context add' names a running one";

/** Decides server, region and keys: flag, then environment, then the context. @throws CliError that says what is missing. */
export function resolveConnection(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
  file: ConfigFile,
): Connection {
  const contextName = currentContextName(flags, env, file);
  const context = contextName === undefined ? undefined : requireContext(file, contextName);
  const server = flags.server ?? (env['OCPCTL_SERVER'] || context?.server);
  if (server === undefined) {
    throw new CliError('NO_SERVER', 'no server is configured', {
      exitCode: EXIT.unreachable,
      hint: HOW_TO_START,
    });
  }
  // The authority of another server's context says nothing about this one.
  const caFile = env['OCPCTL_CA_FILE'] || (server === context?.server ? context.caFile : undefined);
  return {
    contextName,
    server: parseServerUrl(server),
    ...(caFile === undefined ? {} : { trust: readCaFile(caFile) }),
    auth: resolveAuth(flags, env, context, server),
  };
}

/** @throws TypeError where AWS credentials sign in instead */
export function keysOf(auth: Connection['auth']): Pick<KeyAuth, 'credentials' | 'region'> {
  if (auth.kind !== 'keys') throw new TypeError('there are no keys');
  return { credentials: auth.credentials, region: auth.region };
}

/** @throws UsageError when two answers contradict each other, CliError when keys are missing */
function resolveAuth(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
  context: Context | undefined,
  server: string,
): KeyAuth | AwsAuth {
  const named = env['OCPCTL_AUTH'] || context?.auth;
  if (named !== undefined && named !== 'keys' && named !== 'sts')
    throw new UsageError(`OCPCTL_AUTH: '${named}' is not one of keys, sts`);
  const profile = flags['aws-profile'] ?? (env['OCPCTL_AWS_PROFILE'] || context?.awsProfile);
  const hasKeys = Boolean(env['OCPCTL_ACCESS_KEY_ID'] || context?.accessKeyId);
  const keys = env['OCPCTL_ACCESS_KEY_ID']
    ? true
    : named === undefined
      ? hasKeys || !profile
      : named === 'keys';
  if (!keys) return awsAuth(profile, env, context, server);
  if (flags['aws-profile'] !== undefined)
    throw new UsageError('--aws-profile is of no use: this server is signed for with keys of its own', {
      hint: 'ocpctl context add NAME --auth sts --server URL',
    });
  return {
    kind: 'keys',
    region: env['OCPCTL_REGION'] || context?.region || DEFAULT_REGION,
    credentials: resolveCredentials(env, context, server),
  };
}

function awsAuth(
  profile: string | undefined,
  env: NodeJS.ProcessEnv,
  context: Context | undefined,
  server: string,
): AwsAuth {
  const url = new URL(parseServerUrl(server));
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw new CliError(
      'INSECURE_SERVER',
      `the keys of a session would come over plain HTTP from ${url.host}`,
      {
        hint: 'sign in over https://',
      },
    );
  }
  const region = context?.awsRegion ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || DEFAULT_AWS_REGION);
  // A name that was given for one address says nothing about another.
  const named = context?.server === server ? context.audience : undefined;
  return { kind: 'sts', profile, region, audience: named ?? audienceOf(url.host) };
}

/** @returns the name of the context in use: flag, environment, the file's current one. */
export function currentContextName(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
  file: ConfigFile,
): string | undefined {
  return flags.context ?? (env['OCPCTL_CONTEXT'] || file.currentContext);
}

/** @throws UsageError unless the text is an http(s) URL without credentials, query or fragment. */
export function parseServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlainHttp =
    url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash;
  if (!isPlainHttp) {
    throw new UsageError(`'${text}' is not the URL of a server`, {
      hint: 'for example http://127.0.0.1:8420',
    });
  }
  return text.replace(/\/+$/, '');
}

/** @throws CliError unless the file holds certificates. */
export function readCaFile(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (cause) {
    throw new CliError('CA_FILE', `the file of authorities ${path} cannot be read`, {
      hint: '--ca-file of `ocpctl context add`, or OCPCTL_CA_FILE, names a PEM file',
      cause,
    });
  }
  throw new CliError('CA_FILE', `${path} holds no certificate`, {
    hint: 'a PEM file: -----BEGIN CERTIFICATE-----',
  });
}

function resolveCredentials(
  env: NodeJS.ProcessEnv,
  context: Context | undefined,
  server: string,
): Credentials {
  const fromEnvironment = env['OCPCTL_ACCESS_KEY_ID'];
  // A key pair is taken whole from one place: half of one and half of another would only ever be refused.
  const [accessKeyId, secretAccessKey, sessionToken] = fromEnvironment
    ? [fromEnvironment, env['OCPCTL_SECRET_ACCESS_KEY'], env['OCPCTL_SESSION_TOKEN']]
    : [context?.accessKeyId, context?.secretAccessKey, context?.sessionToken];
  if (!accessKeyId || !secretAccessKey) {
    throw new CliError('NO_CREDENTIALS', `there are no keys for ${server}`, {
      exitCode: EXIT.unauthenticated,
      hint: 'set OCPCTL_ACCESS_KEY_ID and OCPCTL_SECRET_ACCESS_KEY, use a context that has keys, or sign in with AWS credentials: OCPCTL_AUTH=sts',
    });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
