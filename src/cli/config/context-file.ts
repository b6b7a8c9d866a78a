import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isObject } from '../../contract/documents.ts';
import { CliError } from '../errors/cli-error.ts';
import { isErrno, withFileLock, writePrivateFile } from './private-file.ts';

/** A server with its credentials. */
export interface Context {
  readonly server: string;
  /** PEM file with the CA certificates of the server, instead of the public ones. */
  readonly caFile?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Default: the keys above. */
  readonly auth?: 'keys' | 'sts';
  /** AWS profile; default: that of the AWS CLI. */
  readonly awsProfile?: string;
  /** Region of the STS endpoint. */
  readonly awsRegion?: string;
  /** Audience of the server; default: from its URL. */
  readonly audience?: string;
}

export interface ConfigFile {
  readonly currentContext?: string;
  readonly contexts: Readonly<Record<string, Context>>;
  readonly settings: Readonly<Record<string, string>>;
}

const STRING_FIELDS = [
  'caFile',
  'region',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
  'awsProfile',
  'awsRegion',
  'audience',
] as const satisfies readonly (keyof Context)[];
const EMPTY: ConfigFile = { contexts: {}, settings: {} };
const LOCK_WAIT_MS = 5_000;
/** A writer holds the lock for milliseconds; a lock of this age belongs to a process that died. */
const LOCK_STALE_MS = 10_000;

/** @returns the directory of config.json: $OCPCTL_CONFIG_DIR, $XDG_CONFIG_HOME/ocpctl, or ~/.config/ocpctl. */
export function configDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['OCPCTL_CONFIG_DIR']) return env['OCPCTL_CONFIG_DIR'];
  const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return join(base, 'ocpctl');
}

/**
 * Reads contexts and settings; empty if there is no file.
 * @throws CliError CONFIG_UNSAFE if other users can read its keys, CONFIG_INVALID if its content is invalid
 */
export async function readContexts(directory: string = configDirectory()): Promise<ConfigFile> {
  const path = join(directory, 'config.json');
  let text: string;
  try {
    // Each command begins with it: node:fs/promises would cost 2 ms more.
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return EMPTY;
    throw error;
  }
  const config = parseConfig(text, path);
  const holdsSecrets = Object.values(config.contexts).some(
    (context) => context.secretAccessKey !== undefined,
  );
  if (holdsSecrets && process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new CliError('CONFIG_UNSAFE', `${path} contains keys and is readable by other users`, {
      hint: `run 'chmod 600 ${path}'`,
    });
  }
  return config;
}

export interface WriteContextOptions {
  /** Makes it the current context; the first context always becomes current. */
  readonly makeCurrent?: boolean;
  readonly directory?: string;
}

/** Adds or replaces a context. */
export async function writeContext(
  name: string,
  context: Context,
  options: WriteContextOptions = {},
): Promise<void> {
  await changeConfig(options.directory ?? configDirectory(), (config) => {
    const isFirst = config.currentContext === undefined || !(config.currentContext in config.contexts);
    return {
      ...config,
      contexts: { ...config.contexts, [name]: context },
      ...(options.makeCurrent || isFirst ? { currentContext: name } : {}),
    };
  });
}

/**
 * Applies `change` to the file, with one writer at a time; the file is replaced atomically.
 */
export async function changeConfig(
  directory: string,
  change: (config: ConfigFile) => ConfigFile,
): Promise<void> {
  const path = join(directory, 'config.json');
  await withFileLock(path, { waitMs: LOCK_WAIT_MS, staleMs: LOCK_STALE_MS }, async () => {
    await writePrivateFile(path, `${JSON.stringify(change(await readContexts(directory)), null, 2)}\n`);
  });
}

function parseConfig(text: string, path: string): ConfigFile {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CliError('CONFIG_INVALID', `${path} is not valid JSON`, {
      cause,
      hint: 'fix or delete the file',
    });
  }
  const fail = (what: string): never => {
    throw new CliError('CONFIG_INVALID', `${path} is invalid: ${what}`, { hint: 'fix or delete the file' });
  };
  if (!isObject(document)) return fail('not a JSON object');
  const { currentContext, contexts = {}, settings = {} } = document;
  if (currentContext !== undefined && typeof currentContext !== 'string')
    return fail('currentContext is not a string');
  if (!isObject(contexts)) return fail('contexts is not an object');
  if (!isObject(settings)) return fail('settings is not an object');
  return {
    ...(currentContext === undefined ? {} : { currentContext }),
    contexts: Object.fromEntries(
      Object.entries(contexts).map(([name, value]) => [
        name,
        isContext(value) ? value : fail(`context ${name} is not valid`),
      ]),
    ),
    settings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : fail(`setting ${name} is not a string`),
      ]),
    ),
  };
}

function isContext(value: unknown): value is Context {
  return (
    isObject(value) &&
    typeof value['server'] === 'string' &&
    STRING_FIELDS.every((key) => value[key] === undefined || typeof value[key] === 'string') &&
    (value['auth'] === undefined || value['auth'] === 'keys' || value['auth'] === 'sts')
  );
}
