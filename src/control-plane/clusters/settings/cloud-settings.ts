import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { systemErrorReason } from '../../../contract/system-error-hint.ts';
import { SetupError } from '../../kernel/errors.ts';
import { httpUrl } from '../../kernel/settings/kernel-settings.ts';
import { type Settings, setting } from '../../kernel/settings/setting.ts';
import { isAllowedInstallerVariable, RELEASE_IMAGE_VARIABLE } from '../installer/environment.ts';
import { pullSecretFault, releaseRegistryFault } from '../policy/pull-secret.ts';

const path = z.string().min(1);

/** The settings of a server that drives real clouds. With `--sandbox` only `awsCredentialsMode` has an effect. */
export const CLOUD_SETTINGS = {
  clouds: setting(
    z
      .array(z.enum(['aws', 'ibmcloud']))
      .min(1)
      .default(['aws']),
    {
      flag: '--cloud',
      variable: 'OCPCTL_CLOUDS',
      meaning:
        'clouds to create clusters in, comma-separated: `aws`, `ibmcloud`. A profile of another platform is rejected',
    },
  ),
  pullSecretFile: setting(path.optional(), {
    flag: '--pull-secret',
    variable: 'OCPCTL_PULL_SECRET_FILE',
    fallback: 'none: a worker needs one',
    meaning: 'file with the pull secret for clusters, JSON; read for each create',
  }),
  installers: setting(z.array(path).default([]), {
    flag: '--installer',
    variable: 'OCPCTL_INSTALLERS',
    fallback: 'none: downloaded',
    meaning:
      '`openshift-install` programs and directories of them, comma-separated; each is run for its version',
  }),
  installerCacheDir: setting(path.optional(), {
    variable: 'OCPCTL_INSTALLER_CACHE',
    fallback: '`installers` in the data directory',
    meaning: 'directory of downloaded installers; workers may share it',
  }),
  installerMirror: setting(z.union([z.literal('none'), httpUrl]).optional(), {
    variable: 'OCPCTL_INSTALLER_MIRROR',
    fallback: 'the public mirror',
    meaning: 'base URL of a mirror of the installers; `none` downloads nothing',
  }),
  installerKeyring: setting(path.optional(), {
    variable: 'OCPCTL_INSTALLER_KEYRING',
    fallback: 'none: checksums only',
    meaning: 'keys, as `gpgv` reads them; one of them must have signed the checksums of the mirror',
  }),
  installerVariables: setting(z.record(z.string(), z.string()).default({}), {
    fallback: 'those of the server',
    meaning:
      'variables for the installer: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, `SSL_CERT_DIR`, `AWS_ENDPOINT_URL` and its `OPENSHIFT_INSTALL_…` switches',
  }),
  awsSettleMs: setting(z.int().min(0).default(20_000), {
    variable: 'OCPCTL_AWS_SETTLE_MS',
    meaning: 'time between the two queries of a read-back, because listings by tag lag',
  }),
  awsCredentialsMode: setting(z.enum(['Mint', 'Passthrough', 'Manual']).optional(), {
    variable: 'OCPCTL_AWS_CREDENTIALS_MODE',
    fallback: "the installer's",
    meaning: '`credentialsMode` of clusters on AWS: `Mint`, `Passthrough` or `Manual`',
  }),
  ibmcloudApiKey: setting(z.string().min(1).optional(), {
    variable: 'IC_API_KEY',
    meaning: 'API key of IBM Cloud, for the worker, the installer and ccoctl',
  }),
  ibmcloudEndpoint: setting(httpUrl.optional(), {
    variable: 'OCPCTL_IBMCLOUD_ENDPOINT',
    meaning: 'one URL for all IBM Cloud calls of the worker; the installer does not use it',
  }),
  ibmcloudSettleMs: setting(z.int().min(0).default(10_000), {
    variable: 'OCPCTL_IBMCLOUD_SETTLE_MS',
    meaning: 'time between the two queries of a read-back',
  }),
  oc: setting(path.optional(), {
    variable: 'OCPCTL_OC',
    fallback: 'on `/usr/local/bin:/usr/bin:/bin`',
    meaning: '`oc`, which reads the credentials requests of a release in credentials mode `Manual`',
  }),
  ccoctl: setting(path.optional(), {
    variable: 'OCPCTL_CCOCTL',
    fallback: 'on the same path',
    meaning: '`ccoctl`, which creates and removes cloud identities in credentials mode `Manual`',
  }),
} as const satisfies Settings;

/** The variables of the server's environment that the installer is given. */
export function installerVariablesFrom(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const added = Object.entries(env).filter(
    ([name, value]) => isAllowedInstallerVariable(name) && value !== undefined,
  );
  return Object.fromEntries(added);
}

/** What a server that would spend real money has to be given first. */
export interface RealServerSettings {
  readonly roles: readonly string[];
  readonly databaseUrl?: string | undefined;
  readonly embedded: boolean;
  readonly pullSecretFile?: string | undefined;
  readonly installerVariables: Readonly<Record<string, string>>;
  readonly clouds: readonly string[];
  readonly ibmcloudApiKey?: string | undefined;
}

/** @throws SetupError saying what is missing and how to give it */
export function assertReadyForRealClouds(settings: RealServerSettings): void {
  const { roles, databaseUrl, embedded, pullSecretFile, installerVariables, clouds, ibmcloudApiKey } =
    settings;
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
  readPullSecret(pullSecretFile, installerVariables);
  if (clouds.includes('ibmcloud') && ibmcloudApiKey === undefined) {
    throw new SetupError('a worker that is to make clusters on IBM Cloud needs an API key of it', {
      hint: 'set IC_API_KEY where it runs; docs/connect-ibmcloud.md says what the key has to be allowed',
    });
  }
}

/**
 * @param variables the variables of the installer, which may name another release image
 * @returns the JSON text of a pull secret. @throws SetupError, which never holds any of it
 */
export function readPullSecret(file: string, variables: Readonly<Record<string, string>>): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SetupError(`cannot read the pull secret ${file}: ${systemErrorReason(error)}`, {
      cause: error,
    });
  }
  const image = variables[RELEASE_IMAGE_VARIABLE];
  const fault = pullSecretFault(text) ?? releaseRegistryFault(text, image);
  if (fault === undefined) return text;
  throw new SetupError(`the pull secret ${file} ${fault}`, {
    hint: 'download it from https://console.redhat.com/openshift/install/pull-secret',
  });
}
