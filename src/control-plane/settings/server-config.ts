import * as z from 'zod';
import { MODULES, type ShippedModule } from '../composition/modules.ts';
import type { ModuleDefinition } from '../kernel/api/module.ts';
import { SetupError } from '../kernel/errors.ts';
import { KERNEL_SETTINGS, kernelSettingsFrom } from '../kernel/settings/kernel-settings.ts';
import {
  type Settings,
  type SettingsOf,
  type SettingValues,
  type ShapeOf,
  shapeOf,
  valuesFromEnvironment,
} from '../kernel/settings/setting.ts';
import { ACCESS_SETTINGS, assertAccessIsClosed, isLoopback } from './access-settings.ts';
import { HTTP_SETTINGS } from './http-settings.ts';

/** What every server has, whatever its modules. Each setting has a default; a flag wins over its environment variable. */
const SERVER_SETTINGS = { ...KERNEL_SETTINGS, ...HTTP_SETTINGS, ...ACCESS_SETTINGS };

/** The settings of a server without those of its modules, parsed once. */
export type ServerConfig = SettingValues<typeof SERVER_SETTINGS>;
/** The same with those of its modules. */
export type ServerConfigWith<Module extends ModuleDefinition> = ServerConfig &
  SettingValues<SettingsOf<Module>>;
/** What an embedder or the server command may set; everything has a default. */
export type ServerSettings<Module extends ModuleDefinition = ShippedModule> = Given<typeof SERVER_SETTINGS> &
  Given<SettingsOf<Module>>;
type Given<Table extends Settings> = Partial<z.input<z.ZodObject<ShapeOf<Table>>>>;

/** Without one of them requests stay without an answer or a job, or what expires is not destroyed. */
const JOB_ROLES = ['api', 'worker', 'janitor'] as const;
/** In the sandbox a person waits at the screen: a retry after a minute would look like a hang. */
const SANDBOX_BACKOFF_MS = 2_000;

/**
 * Puts settings together: what is given, then the environment, then defaults.
 * @param modules default: those that ship
 * @throws SetupError naming every setting that is wrong, and combinations that would lose data or expose keys
 */
export function serverConfig<Module extends ModuleDefinition = ShippedModule>(
  given: ServerSettings<Module>,
  env: NodeJS.ProcessEnv = process.env,
  modules?: readonly Module[],
): ServerConfigWith<Module> {
  const all: readonly ModuleDefinition[] = modules ?? MODULES;
  const config = parseServerSettings(given, env, all);
  assertSafe(config);
  for (const { settings } of all) settings.assertUsable?.(config);
  return config;
}

/** The same for a command that starts no server, and so can neither lose nor expose anything. */
export function parseServerSettings<Module extends ModuleDefinition = ShippedModule>(
  given: ServerSettings<Module>,
  env: NodeJS.ProcessEnv,
  modules: readonly ModuleDefinition[] = MODULES,
): ServerConfigWith<Module> {
  const table = settingsOf(modules);
  const sandboxDefaults = modules.map(({ settings }) => settings.sandboxDefaults);
  const fromEnvironment = modules.map(({ settings }) => settings.fromEnvironment?.(env));
  const parsed = z
    .strictObject(shapeOf(table))
    .safeParse(
      Object.assign(
        {},
        ...(given.sandbox ? sandboxDefaults : []),
        kernelSettingsFrom(env),
        valuesFromEnvironment(table, env),
        ...fromEnvironment,
        given.sandbox ? { backoffBaseMs: SANDBOX_BACKOFF_MS } : {},
        withoutUndefined(given),
      ),
    );
  if (!parsed.success) throw new SetupError(`invalid settings: ${z.prettifyError(parsed.error)}`);
  // The type follows the same tables as the schema.
  return parsed.data as ServerConfigWith<Module>;
}

/** All settings of a server with these modules. */
export function settingsOf(modules: readonly ModuleDefinition[]): Settings {
  const all: Record<string, Settings[string]> = { ...SERVER_SETTINGS };
  for (const { kind, settings } of modules)
    for (const section of settings.sections)
      for (const [name, setting] of Object.entries(section.settings)) {
        if (name in all) throw new TypeError(`setting "${name}" of module "${kind}" exists already`);
        all[name] = setting;
      }
  return all;
}

function assertSafe(config: ServerConfig): void {
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new SetupError('--tls-cert and --tls-key belong together', {
      hint: 'pass the certificate and its key, both PEM files',
    });
  }
  if (servesPlainly(config) && !config.insecureHttp) {
    throw new SetupError(`${config.host} can be reached by others, and this is plain HTTP`, {
      hint: 'serve HTTPS with --tls-cert and --tls-key, put a TLS proxy in front and listen on 127.0.0.1, or pass --insecure-http if the network is yours',
    });
  }
  if (config.sqsQueueUrl !== undefined && config.databaseUrl === undefined) {
    throw new SetupError(
      'OCPCTL_SQS_QUEUE_URL needs PostgreSQL: the embedded database has one process only',
      {
        hint: 'set DATABASE_URL, or unset OCPCTL_SQS_QUEUE_URL',
      },
    );
  }
  const missing = JOB_ROLES.filter((role) => !config.roles.includes(role));
  if (missing.length > 0 && config.databaseUrl === undefined) {
    throw new SetupError(
      `--role ${config.roles.join(',')} needs PostgreSQL: the embedded database has one process only, so no other one could be the ${missing.join(' and ')}`,
      { hint: 'set DATABASE_URL, or leave out --role' },
    );
  }
  const { metrics, tlsCert } = config;
  if (metrics && servesPlainly({ host: metrics.host, tlsCert }) && !config.insecureHttp) {
    throw new SetupError(`metrics on ${metrics.host} can be read by others, and this is plain HTTP`, {
      hint: 'listen on 127.0.0.1, serve HTTPS, or pass --insecure-http if the network is yours',
    });
  }
  assertAccessIsClosed(config);
}

/** The AWS SDK would warn about Node 20 on our screen; must be called before it is loaded. */
export function quietAwsSdk(env: NodeJS.ProcessEnv = process.env): void {
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
}

/** Whether what is said to this server can be read and changed on its way. */
export function servesPlainly({ host, tlsCert }: Pick<ServerConfig, 'host' | 'tlsCert'>): boolean {
  return tlsCert === undefined && !isLoopback(host);
}

function withoutUndefined(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
