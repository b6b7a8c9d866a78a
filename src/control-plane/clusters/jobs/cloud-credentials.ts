import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import type { JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { serialiseInstallConfig } from '../install-config/install-config-document.ts';
import { ccoctlCreateArgs, extractRequestsArgs } from '../installer/ccoctl.ts';
import type { CredentialTool } from '../installer/credential-tools.ts';
import { type CredentialsSecretRef, readCredentialsRequests } from '../installer/credentials-requests.ts';
import { InstallerError } from '../installer/installer-error.ts';
import { readInstallerVersion } from '../installer/installer-version.ts';
import { infraIdOf } from '../installer/metadata.ts';
import { recordCloudCredentials } from '../store/cloud-credentials.sql.ts';
import { checkpoint } from './checkpoint.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { CreateFailure } from './create-failure.ts';
import type { InstallInput } from './install-input.ts';
import { runTool, type ToolRun } from './tool-run.ts';

const VERSION_TIMEOUT_MS = 60_000;
const EXTRACT_TIMEOUT_MS = 10 * 60_000;
const CREATE_TIMEOUT_MS = 15 * 60_000;

/** In the install directory, so that snapshots include the input and output of ccoctl. */
const CCOCTL_FOLDER = 'ccoctl';
/** These secrets stop the bootstrap of a cluster that does not have their namespace. */
const EXCLUDED_MANIFESTS = /^openshift-cluster-api-/;
const SIGNING_KEY = 'bound-service-account-signing-key.key';

/**
 * Creates the identities with which a cluster in credentials mode Manual calls its cloud, and adds their manifests to the install
 * directory. Runs between manifests and ignition configs: the infraID, which all names contain, is chosen with the manifests.
 * What is needed to delete the identities is stored before ccoctl runs (G1).
 */
export async function createCloudCredentials(
  context: ClusterJobContext,
  attempt: JobContext,
  input: InstallInput,
): Promise<void> {
  const { cluster, dirs, document } = input;
  if (document.credentialsMode !== 'Manual') return;
  const requestsDir = join(dirs.install, CCOCTL_FOLDER, 'credentials-requests');
  const outputDir = join(dirs.install, CCOCTL_FOLDER, 'output');
  const refs = await extractRequests(context, attempt, input, requestsDir);
  const identity = await infraIdOf(dirs.install);
  if (!identity)
    throw new InstallerError(
      'STATE_FILE_INVALID',
      'the installer did not choose an infraID with the manifests',
    );
  const { infraId } = identity;
  await checkpoint(context, attempt, input, infraId, async (tx) => {
    await tx.query(recordCloudCredentials, { clusterId: cluster.id, infraId, secretRefs: [...refs] });
  });
  const { platform } = document;
  const target = {
    platform: 'aws' in platform ? ('aws' as const) : ('ibmcloud' as const),
    infraId,
    region: cluster.region,
    requestsDir,
  };
  const resourceGroup = 'ibmcloud' in platform ? platform.ibmcloud.resourceGroupName : undefined;
  const made = await runStep(context, attempt, input, {
    name: 'ccoctl',
    tool: await context.credentialTool('ccoctl'),
    args: ccoctlCreateArgs(target, outputDir, resourceGroup),
    withCredentials: true,
    timeoutMs: CREATE_TIMEOUT_MS,
  });
  if (!made.succeeded) throw CreateFailure.ofTool('ccoctl', made, 'CLOUD_CREDENTIALS_FAILED', 'maybe');
  await copyCredentialFiles(context, outputDir, dirs.install, target.platform, refs);
  const message = `created ${refs.length} cloud identities for ${infraId}`;
  attempt.event({ kind: 'log', level: 'info', message });
}

/** Extracts the CredentialsRequests of the release that this installer installs. */
async function extractRequests(
  context: ClusterJobContext,
  attempt: JobContext,
  input: InstallInput,
  to: string,
): Promise<CredentialsSecretRef[]> {
  const { binary, dirs, document } = input;
  const version = await runStep(context, attempt, input, {
    name: 'openshift-install',
    tool: binary,
    args: ['version'],
    withCredentials: false,
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  const { releaseImage } = readInstallerVersion(version.stdout);
  if (!version.succeeded || releaseImage === undefined) {
    throw failure(
      'RELEASE_IMAGE_UNKNOWN',
      `the installer does not print its release image: ${version.cause}`,
      'nothing',
    );
  }
  // Not in the install directory, where the installer would read it as a new install-config.
  const installConfig = join(dirs.tmp, 'install-config.yaml');
  const pullSecret = join(dirs.tmp, 'pull-secret.json');
  await writeFile(installConfig, serialiseInstallConfig(document), { mode: 0o600 });
  await writeFile(pullSecret, document.pullSecret, { mode: 0o600 });
  await mkdir(to, { recursive: true, mode: 0o700 });
  const extracted = await runStep(context, attempt, input, {
    name: 'oc',
    tool: await context.credentialTool('oc'),
    args: extractRequestsArgs({ installConfig, pullSecret, releaseImage, to }),
    withCredentials: false,
    timeoutMs: EXTRACT_TIMEOUT_MS,
  });
  if (!extracted.succeeded)
    throw CreateFailure.ofTool('oc', extracted, 'CREDENTIALS_REQUESTS_FAILED', 'nothing');
  return readCredentialsRequests(to);
}

/** Copies the output of ccoctl to where the installer reads it. @throws JobFailure when a file is missing */
async function copyCredentialFiles(
  context: ClusterJobContext,
  outputDir: string,
  installDir: string,
  platform: 'aws' | 'ibmcloud',
  refs: readonly CredentialsSecretRef[],
): Promise<void> {
  const files = await readdir(join(outputDir, 'manifests'));
  const missing = refs
    .map(({ namespace, name }) => `${namespace}-${name}-credentials.yaml`)
    .filter((name) => !files.includes(name));
  if (missing.length > 0) {
    throw failure('CLOUD_CREDENTIALS_FAILED', `ccoctl did not write ${missing.join(', ')}`, 'maybe');
  }
  for (const name of files.filter((file) => !EXCLUDED_MANIFESTS.test(file))) {
    const file = join(outputDir, 'manifests', name);
    if (platform === 'ibmcloud') await registerKeys(context, file);
    await copyPrivate(file, join(installDir, 'manifests'));
  }
  if (platform !== 'aws') return;
  await mkdir(join(installDir, 'tls'), { recursive: true, mode: 0o700 });
  await copyPrivate(join(outputDir, 'tls', SIGNING_KEY), join(installDir, 'tls'));
}

async function copyPrivate(file: string, folder: string): Promise<void> {
  const copy = join(folder, basename(file));
  await cp(file, copy);
  await chmod(copy, 0o600);
}

const secretSchema = z.object({ stringData: z.record(z.string(), z.string()).default({}) });

/** Registers the API keys of the service IDs, so that they are redacted in all logs. */
async function registerKeys(context: ClusterJobContext, file: string): Promise<void> {
  const { stringData } = secretSchema.parse(parse(await readFile(file, 'utf8')));
  for (const value of Object.values(stringData)) context.redactor.register(value);
}

interface ToolStep {
  readonly name: string;
  readonly tool: CredentialTool;
  readonly args: readonly string[];
  readonly withCredentials: boolean;
  readonly timeoutMs: number;
}

async function runStep(
  context: ClusterJobContext,
  attempt: JobContext,
  { cloud, credentialsMode, dirs }: InstallInput,
  { name, tool, args, withCredentials, timeoutMs }: ToolStep,
): Promise<ToolRun> {
  return runTool(context, attempt, {
    name,
    tool,
    args,
    dirs,
    timeoutMs,
    use: withCredentials ? { cloud, command: 'create', credentialsMode } : undefined,
  });
}

function failure(code: string, message: string, exists: 'nothing' | 'maybe'): JobFailure {
  return new CreateFailure(code, message, { retryable: true, exists });
}
