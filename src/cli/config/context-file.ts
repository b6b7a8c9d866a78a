import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../errors/cli-error.ts';
import { isObject } from '../is-object.ts';
import { isErrno, withFileLock, writePrivateFile } from './private-file.ts';

/** A server and how to sign for it. */
export interface Context {
  readonly server: string;
  /** PEM file with the authorities that may vouch for the server, in place of the well-known ones. */
  readonly caFile?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Default: the keys above. */
  readonly auth?: 'keys' | 'sts';
  /** Of the AWS configuration; default: what AWS's own tools would use. */
  readonly awsProfile?: string;
  /** Whose STS is asked. */
  readonly awsRegion?: string;
  /** The server's name, when it is not made of its address. */
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
/** A writer holds the lock for milliseconds; one this old belongs to a process that died. */
const LOCK_STALE_MS = 10_000;

/** @returns the folder of config.json: $OCPCTL_CONFIG_DIR, $XDG_CONFIG_HOME/ocpctl, or ~/.config/ocpctl. */
export function configDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['OCPCTL_CONFIG_DIR']) return env['OCPCTL_CONFIG_DIR'];
  const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  return join(base, 'ocpctl');
}

/**
 * Reads contexts and settings; no file means none.
 * @throws CliError CONFIG_UNSAFE when others could read the keys in it, CONFIG_INVALID when it is no such document.
 */
export async function readContexts(directory: string = configDirectory()): Promise<ConfigFile> {
  const path = join(directory, 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return EMPTY;
    throw error;
  }
  const config = parseConfig(text, path);
  const holdsSecrets = Object.values(config.contexts).some(
    (context) => context.secretAccessKey !== undefined,
  );
  if (holdsSecrets && process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
    throw new CliError('CONFIG_UNSAFE', `${path} holds keys and others can read it`, {
      hint: `chmod 600 ${path}`,
    });
  }
  return config;
}

export interface WriteContextOptions {
  /** Make it the current context; the first context becomes current anyway. */
  readonly makeCurrent?: boolean;
  readonly directory?: string;
}

/** Adds or replaces a context, atomically, in a file that only its owner can read. */
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
 * Reads the file, lets `change` make a new one of it, and puts that in its place: one writer at a time, and a reader
 * sees the old or the new file, never half of one.
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
    throw new CliError('CONFIG_INVALID', `${path} is not JSON`, { cause, hint: 'mend it or remove it' });
  }
  const fail = (what: string): never => {
    throw new CliError('CONFIG_INVALID', `${path}: ${what}`, { hint: 'mend it or remove it' });
  };
  if (!isObject(document)) return fail('not an object');
  const { currentContext, contexts = {}, settings = {} } = document;
  if (currentContext !== undefined && typeof currentContext !== 'string')
    return fail('currentContext is not a name');
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
        typeof value === 'string' ? value : fail(`setting ${name} is not a text`),
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
