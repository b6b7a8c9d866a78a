import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { messageOf, SetupError } from '../../kernel/errors.ts';
import { listOf, numberOf } from '../../kernel/settings/environment-values.ts';
import { httpUrl } from '../../kernel/settings/kernel-settings.ts';
import { isAllowedInstallerVariable } from '../installer/environment.ts';

const path = z.string().min(1);

/** The settings of a server that drives real clouds. With `--sandbox` none counts but `awsCredentialsMode`. */
export const CLOUD_SETTINGS = {
  /** Where clusters may be made. `--cloud`, OCPCTL_CLOUDS, comma-separated. */
  clouds: z
    .array(z.enum(['aws', 'ibmcloud']))
    .min(1)
    .default(['aws']),
  /** Time between two looks of a read-back: listings by tag lag behind. OCPCTL_AWS_SETTLE_MS. */
  awsSettleMs: z.int().min(0).default(20_000),
  /** `credentialsMode` of clusters on AWS; without it the installer decides. OCPCTL_AWS_CREDENTIALS_MODE. */
  awsCredentialsMode: z.enum(['Mint', 'Passthrough', 'Manual']).optional(),
  /** Key of IBM Cloud, for the worker's questions, the installer and ccoctl. IC_API_KEY. */
  ibmcloudApiKey: z.string().min(1).optional(),
  /** A service that stands for all of IBM Cloud, but for the installer. OCPCTL_IBMCLOUD_ENDPOINT. */
  ibmcloudEndpoint: httpUrl.optional(),
  /** Time between two looks of a read-back. OCPCTL_IBMCLOUD_SETTLE_MS. */
  ibmcloudSettleMs: z.int().min(0).default(10_000),
  /** Reads from a release what its clusters ask for. OCPCTL_OC; the one on the search path. */
  oc: path.optional(),
  /** Makes the cloud identities of clusters in credentials mode Manual. OCPCTL_CCOCTL; the one on the search path. */
  ccoctl: path.optional(),
  /** The pull secret of console.redhat.com, as JSON. `--pull-secret`, OCPCTL_PULL_SECRET_FILE. */
  pullSecretFile: path.optional(),
  /** Installers, and folders of them; each is asked for its version. `--installer`, OCPCTL_INSTALLERS, comma-separated. */
  installers: z.array(path).default([]),
  /** Downloaded installers. OCPCTL_INSTALLER_CACHE; `installers` in the data directory. */
  installerCacheDir: path.optional(),
  /** What has `…/clients/ocp/VERSION/`; `none` downloads nothing. OCPCTL_INSTALLER_MIRROR; the public mirror. */
  installerMirror: z.union([z.literal('none'), httpUrl]).optional(),
  /** Keys that must have signed the mirror's checksums, as gpgv reads them. OCPCTL_INSTALLER_KEYRING. */
  installerKeyring: path.optional(),
  /** Variables that are handed on to the installer: proxies, trusted roots, its own switches. Those of the server. */
  installerVariables: z.record(z.string(), z.string()).default({}),
} as const;

export function cloudSettingsFrom(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const added = Object.entries(env).filter(
    ([name, value]) => isAllowedInstallerVariable(name) && value !== undefined,
  );
  return {
    clouds: listOf(env['OCPCTL_CLOUDS']),
    awsSettleMs: numberOf(env['OCPCTL_AWS_SETTLE_MS']),
    awsCredentialsMode: env['OCPCTL_AWS_CREDENTIALS_MODE'] || undefined,
    ibmcloudApiKey: env['IC_API_KEY'] || undefined,
    ibmcloudEndpoint: env['OCPCTL_IBMCLOUD_ENDPOINT'] || undefined,
    ibmcloudSettleMs: numberOf(env['OCPCTL_IBMCLOUD_SETTLE_MS']),
    oc: env['OCPCTL_OC'] || undefined,
    ccoctl: env['OCPCTL_CCOCTL'] || undefined,
    pullSecretFile: env['OCPCTL_PULL_SECRET_FILE'] || undefined,
    installers: listOf(env['OCPCTL_INSTALLERS']),
    installerCacheDir: env['OCPCTL_INSTALLER_CACHE'] || undefined,
    installerMirror: env['OCPCTL_INSTALLER_MIRROR'] || undefined,
    installerKeyring: env['OCPCTL_INSTALLER_KEYRING'] || undefined,
    installerVariables: Object.fromEntries(added),
  };
}

/** What a server that would spend real money has to be given first. */
export interface RealServerSettings {
  readonly roles: readonly string[];
  readonly databaseUrl?: string | undefined;
  readonly embedded: boolean;
  readonly pullSecretFile?: string | undefined;
  readonly clouds: readonly string[];
  readonly ibmcloudApiKey?: string | undefined;
}

/** @throws SetupError saying what is missing and how to give it */
export function assertReadyForRealClouds(settings: RealServerSettings): void {
  const { roles, databaseUrl, embedded, pullSecretFile, clouds, ibmcloudApiKey } = settings;
  if (databaseUrl === undefined && !embedded) {
    throw new SetupError('without --sandbox real money is spent, and the embedded database is for trying', {
      hint:
        'docker run -d --name ocpctl-db -p 127.0.0.1:5432:5432 -e POSTGRES_PASSWORD=ocpctl postgres:17, then ' +
        'export DATABASE_URL=postgres://postgres:ocpctl@127.0.0.1:5432/postgres; or accept the embedded one with --embedded; or simulate with --sandbox',
    });
  }
  if (!roles.includes('worker')) return;
  if (pullSecretFile === undefined) {
    throw new SetupError('a worker needs the pull secret that its clusters are installed with', {
      hint: 'download it from https://console.redhat.com/openshift/install/pull-secret and give --pull-secret FILE (OCPCTL_PULL_SECRET_FILE)',
    });
  }
  readPullSecret(pullSecretFile);
  if (clouds.includes('ibmcloud') && ibmcloudApiKey === undefined) {
    throw new SetupError('a worker that is to make clusters on IBM Cloud needs an API key of it', {
      hint: 'set IC_API_KEY where it runs; docs/connect-ibmcloud.md says what the key has to be allowed',
    });
  }
}

const pullSecret = z.object({ auths: z.record(z.string(), z.unknown()) });

/** @returns the JSON text of a pull secret. @throws SetupError, which never holds any of it */
export function readPullSecret(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SetupError(`the pull secret cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (pullSecret.safeParse(parsed(text)).success) return text;
  throw new SetupError(`${file} is not a pull secret: JSON with "auths" is needed`, {
    hint: 'download it from https://console.redhat.com/openshift/install/pull-secret',
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
