import type { ConfigFile, Context } from './context-file.ts';
import { existingContext } from './context-row.ts';
import { CliError, UsageError } from './errors.ts';
import { EXIT } from './exit-codes.ts';

/** Where the server is and how requests to it are signed. */
export interface Connection {
  /** The context that it came from; undefined when flags and environment said it all. */
  readonly contextName: string | undefined;
  readonly server: string;
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export interface ConnectionFlags {
  readonly context?: string | undefined;
  readonly server?: string | undefined;
}

const DEFAULT_REGION = 'local';
const HOW_TO_START =
  "start one: 'ocpctl server --sandbox' makes a context for it; or 'ocpctl context add' names a running one";

/** Decides server, region and keys: flag, then environment, then the context. @throws CliError that says what is missing. */
export function resolveConnection(
  flags: ConnectionFlags,
  env: NodeJS.ProcessEnv,
  file: ConfigFile,
): Connection {
  const contextName = currentContextName(flags, env, file);
  const context = contextName === undefined ? undefined : existingContext(file, contextName);
  const server = flags.server ?? (env['OCPCTL_SERVER'] || context?.server);
  if (server === undefined) {
    throw new CliError('NO_SERVER', 'no server is configured', {
      exitCode: EXIT.unreachable,
      hint: HOW_TO_START,
    });
  }
  return {
    contextName,
    server: checkServerUrl(server),
    region: env['OCPCTL_REGION'] || context?.region || DEFAULT_REGION,
    credentials: resolveCredentials(env, context, server),
  };
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
export function checkServerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash;
  if (!isPlain) {
    throw new UsageError(`'${text}' is not the URL of a server`, {
      hint: 'for example http://127.0.0.1:8420',
    });
  }
  return text.replace(/\/+$/, '');
}

function resolveCredentials(
  env: NodeJS.ProcessEnv,
  context: Context | undefined,
  server: string,
): Connection['credentials'] {
  const fromEnvironment = env['OCPCTL_ACCESS_KEY_ID'];
  // A key pair is taken whole from one place: half of one and half of another would only ever be refused.
  const [accessKeyId, secretAccessKey, sessionToken] = fromEnvironment
    ? [fromEnvironment, env['OCPCTL_SECRET_ACCESS_KEY'], env['OCPCTL_SESSION_TOKEN']]
    : [context?.accessKeyId, context?.secretAccessKey, context?.sessionToken];
  if (!accessKeyId || !secretAccessKey) {
    throw new CliError('NO_CREDENTIALS', `there are no keys for ${server}`, {
      exitCode: EXIT.unauthenticated,
      hint: 'set OCPCTL_ACCESS_KEY_ID and OCPCTL_SECRET_ACCESS_KEY, or use a context that has keys',
    });
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
