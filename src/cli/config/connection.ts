import { readFileSync } from 'node:fs';
import type { Credentials } from '../../client/signature-v4.ts';
import { audienceOf } from '../../contract/sts-proof.ts';
import { systemErrorReason } from '../../contract/system-error-hint.ts';
import { CliError, UsageError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { ConfigFile, Context } from './context-file.ts';
import { requireContext } from './context-row.ts';

/** Where the server is and how requests to it are signed. */
export interface Connection {
  /** The context that was used; undefined if flags and environment were enough. */
  readonly contextName: string | undefined;
  readonly server: string;
  /** CA certificates (PEM) to trust instead of the public ones. */
  readonly trust?: string;
  readonly auth: KeyAuth | AwsAuth;
}

/** Keys issued by the server. */
interface KeyAuth {
  readonly kind: 'keys';
  readonly region: string;
  readonly credentials: Credentials;
}

/** A session for an AWS principal. */
export interface AwsAuth {
  readonly kind: 'sts';
  readonly profile: string | undefined;
  /** Region of the STS endpoint. */
  readonly region: string;
  /** Audience of the server; from its URL unless the context sets it. */
  readonly audience: string;
}

export interface ConnectionFlags {
  readonly context?: string | undefined;
  readonly server?: string | undefined;
  readonly 'aws-profile'?: string | undefined;
}

const DEFAULT_REGION = 'local';
/** STS accepts the credentials of all regions of the partition `aws` (not China, not GovCloud). */
const DEFAULT_AWS_REGION = 'us-east-1';
const LOOPBACK = /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/;
const HOW_TO_START = "start one with 'ocpctl server --sandbox', or add one with 'ocpctl context add'";

/** Resolves server and credentials: flag, then environment, then context. @throws CliError that names what is missing */
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
      hint:
        Object.keys(file.contexts).length > 0
          ? "'ocpctl context use NAME' chooses one of 'ocpctl context list'"
          : HOW_TO_START,
    });
  }
  // The CA of a context is valid only for the server of that context.
  const caFile = env['OCPCTL_CA_FILE'] || (server === context?.server ? context.caFile : undefined);
  return {
    contextName,
    server: parseServerUrl(server),
    ...(caFile === undefined ? {} : { trust: readCaFile(caFile) }),
    auth: resolveAuth(flags, env, context, server),
  };
}

/** @throws TypeError with AWS authentication */
export function keysOf(auth: Connection['auth']): Pick<KeyAuth, 'credentials' | 'region'> {
  if (auth.kind !== 'keys') throw new TypeError('there are no keys');
  return { credentials: auth.credentials, region: auth.region };
}

/** @throws UsageError if the settings contradict each other, CliError if keys are missing */
function resolveAuth(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
  context: Context | undefined,
  server: string,
): KeyAuth | AwsAuth {
  const named = env['OCPCTL_AUTH'] || context?.auth;
  if (named !== undefined && named !== 'keys' && named !== 'sts')
    throw new UsageError(`invalid value "${named}" for OCPCTL_AUTH: use keys or sts`);
  const profile = flags['aws-profile'] ?? (env['OCPCTL_AWS_PROFILE'] || context?.awsProfile);
  const hasKeys = Boolean(env['OCPCTL_ACCESS_KEY_ID'] || context?.accessKeyId);
  const keys = env['OCPCTL_ACCESS_KEY_ID']
    ? true
    : named === undefined
      ? hasKeys || !profile
      : named === 'keys';
  if (!keys) return awsAuth(profile, env, context, server);
  if (flags['aws-profile'] !== undefined)
    throw new UsageError('--aws-profile cannot be used here: this context uses server keys', {
      hint: "to use AWS credentials: 'ocpctl context add NAME --auth sts --server URL'",
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
    throw new CliError('INSECURE_SERVER', `refusing to sign in to ${url.host} over plain HTTP`, {
      hint: 'use an https:// URL',
    });
  }
  const region = context?.awsRegion ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || DEFAULT_AWS_REGION);
  // The audience of a context is valid only for the server of that context.
  const named = context?.server === server ? context.audience : undefined;
  return { kind: 'sts', profile, region, audience: named ?? audienceOf(url.host) };
}

/** @returns the name of the context: flag, then environment, then the current context. */
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
    throw new UsageError(`invalid server URL "${text}"`, {
      hint: 'for example http://127.0.0.1:8420',
    });
  }
  return text.replace(/\/+$/, '');
}

/** @throws CliError unless the file contains certificates. */
export function readCaFile(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch (cause) {
    throw new CliError('CA_FILE', `cannot read the CA file ${path}: ${systemErrorReason(cause)}`, {
      hint: "set it to a PEM file with 'ocpctl context add --ca-file' or OCPCTL_CA_FILE",
      cause,
    });
  }
  throw new CliError('CA_FILE', `${path} does not contain a certificate`, {
    hint: 'use a PEM file with -----BEGIN CERTIFICATE-----',
  });
}

function resolveCredentials(
  env: NodeJS.ProcessEnv,
  context: Context | undefined,
  server: string,
): Credentials {
  const fromEnvironment = env['OCPCTL_ACCESS_KEY_ID'];
  // Both halves of a key pair come from the same source: a mixed pair would never be valid.
  const [accessKeyId, secretAccessKey, sessionToken] = fromEnvironment
    ? [fromEnvironment, env['OCPCTL_SECRET_ACCESS_KEY'], env['OCPCTL_SESSION_TOKEN']]
    : [context?.accessKeyId, context?.secretAccessKey, context?.sessionToken];
  if (!accessKeyId || !secretAccessKey) {
    throw new CliError('NO_CREDENTIALS', `no credentials for ${server}`, {
      exitCode: EXIT.unauthenticated,
      hint: 'set OCPCTL_ACCESS_KEY_ID and OCPCTL_SECRET_ACCESS_KEY, use a context with keys, or set OCPCTL_AUTH=sts to sign in with AWS credentials',
    });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
