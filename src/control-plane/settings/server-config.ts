import * as z from 'zod';
import { MODULE_SETTINGS, MODULES } from '../composition/modules.ts';
import { SetupError } from '../kernel/errors.ts';
import { KERNEL_SETTINGS, kernelSettingsFrom } from '../kernel/settings/kernel-settings.ts';
import { shapeOf, valuesFromEnvironment } from '../kernel/settings/setting.ts';
import { ACCESS_SETTINGS, assertAccessIsClosed, isLoopback } from './access-settings.ts';
import { HTTP_SETTINGS } from './http-settings.ts';

/** Every setting of a server, parsed once. Each has a default; a flag wins over its environment variable. */
const settingsSchema = z.strictObject({
  ...shapeOf(KERNEL_SETTINGS),
  ...shapeOf(HTTP_SETTINGS),
  ...shapeOf(ACCESS_SETTINGS),
  ...MODULE_SETTINGS,
});

export type ServerConfig = z.output<typeof settingsSchema>;
/** What an embedder or the server command may set; everything has a default. */
export type ServerSettings = Partial<z.input<typeof settingsSchema>>;

/** In the sandbox a person waits at the screen: a retry after a minute would look like a hang. */
const SANDBOX_BACKOFF_MS = 2_000;

/**
 * Puts settings together: what is given, then the environment, then defaults.
 * @throws SetupError naming every setting that is wrong, and combinations that would lose data or expose keys
 */
export function serverConfig(given: ServerSettings, env: NodeJS.ProcessEnv = process.env): ServerConfig {
  const config = parseServerSettings(given, env);
  assertSafe(config);
  return config;
}

/** The same for a command that starts no server, and so can neither lose nor expose anything. */
export function parseServerSettings(given: ServerSettings, env: NodeJS.ProcessEnv): ServerConfig {
  const sandbox = given.sandbox ?? false;
  const parsed = settingsSchema.safeParse({
    ...fromEnvironment(env),
    ...(sandbox ? sandboxDefaults() : {}),
    ...withoutUndefined(given),
  });
  if (!parsed.success) throw new SetupError(`invalid settings: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function fromEnvironment(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const ofModules = MODULES.map(({ settings }) => settings.fromEnvironment(env));
  const ofServer = valuesFromEnvironment({ ...HTTP_SETTINGS, ...ACCESS_SETTINGS }, env);
  return Object.assign(kernelSettingsFrom(env), ofServer, ...ofModules);
}

function sandboxDefaults(): Record<string, unknown> {
  const ofModules = MODULES.map(({ settings }) => settings.sandboxDefaults);
  return Object.assign({ backoffBaseMs: SANDBOX_BACKOFF_MS }, ...ofModules);
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
  const { metrics, tlsCert } = config;
  if (metrics && servesPlainly({ host: metrics.host, tlsCert }) && !config.insecureHttp) {
    throw new SetupError(`metrics on ${metrics.host} can be read by others, and this is plain HTTP`, {
      hint: 'listen on 127.0.0.1, serve HTTPS, or pass --insecure-http if the network is yours',
    });
  }
  assertAccessIsClosed(config);
  for (const { settings } of MODULES) settings.assertUsable(config);
}

/** The AWS SDK would warn about Node 20 on our screen; must be called before it is loaded. */
export function quietAwsSdk(env: NodeJS.ProcessEnv = process.env): void {
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
}

/** Whether what is said to this server can be read and changed on its way. */
export function servesPlainly({ host, tlsCert }: Pick<ServerConfig, 'host' | 'tlsCert'>): boolean {
  return tlsCert === undefined && !isLoopback(host);
}

function withoutUndefined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
