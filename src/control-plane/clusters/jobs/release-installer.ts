import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobContext } from '../../kernel/jobs/job.ts';
import { RELEASE_IMAGE_VARIABLE } from '../installer/environment.ts';
import type { InstallDirs } from '../installer/install-dir.ts';
import { describeNeed, type InstallerNeed } from '../installer/installer-need.ts';
import { readInstallerVersion } from '../installer/installer-version.ts';
import type { InstallerBinary } from '../installer/installers.ts';
import { releaseRegistryFault } from '../policy/pull-secret.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { CreateFailure } from './create-failure.ts';
import { runTool } from './tool-run.ts';

/** An installer has 1 GB. */
const EXTRACT_TIMEOUT_MS = 30 * 60_000;
const VERSION_TIMEOUT_MS = 60_000;

/**
 * Extracts the installer of a release image with `oc`, which writes the reference of the image into it: it installs this image and no other.
 * It is used only if it is of the version that was accepted, so that no version is installed by the installer of another one.
 * @throws JobFailure RELEASE_IMAGE_MISMATCH
 */
export async function extractInstaller(
  context: ClusterJobContext,
  attempt: JobContext,
  dirs: InstallDirs,
  need: InstallerNeed & { readonly releaseImage: string },
): Promise<InstallerBinary> {
  const { releaseImage: image, version, architecture } = need;
  const secret = await context.pullSecret();
  context.redactor.register(secret);
  const fault = releaseRegistryFault(secret, image);
  if (fault !== undefined) throw new CreateFailure('PULL_SECRET_INVALID', `the pull secret ${fault}`, FINAL);
  const pullSecret = join(dirs.tmp, 'release-pull-secret.json');
  await writeFile(pullSecret, secret, { mode: 0o600 });
  const folder = join(dirs.tmp, 'release');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const command = need.fips ? 'openshift-install-fips' : 'openshift-install';
  const extracted = await runTool(context, attempt, {
    ...{ name: 'oc', tool: await context.credentialTool('oc'), dirs, use: undefined },
    args: [
      ...['adm', 'release', 'extract', `--command=${command}`],
      ...[`--registry-config=${pullSecret}`, `--to=${folder}`, image],
    ],
    timeoutMs: EXTRACT_TIMEOUT_MS,
  });
  if (!extracted.succeeded) throw CreateFailure.ofTool('oc', extracted, 'INSTALLER_NOT_EXTRACTED', 'nothing');
  const tool = { file: join(folder, command), prefixArgs: [] };
  const run = await runTool(withoutImageVariable(context), attempt, {
    ...{ name: 'openshift-install', tool, args: ['version'], dirs, use: undefined },
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  if (!run.succeeded) throw CreateFailure.ofTool(command, run, 'INSTALLER_NOT_EXTRACTED', 'nothing');
  const {
    version: found,
    releaseImage,
    releaseArchitecture = architecture,
  } = readInstallerVersion(run.stdout);
  const serves = releaseArchitecture === architecture || releaseArchitecture === 'multi';
  if (found !== version || releaseImage !== image || !serves) {
    const what = describeNeed({ version: found, architecture: releaseArchitecture, fips: need.fips });
    const message = `the installer of ${image} is ${what} and installs ${releaseImage ?? 'an unknown image'}, not ${describeNeed(need)}`;
    throw new CreateFailure('RELEASE_IMAGE_MISMATCH', message, FINAL);
  }
  return { version, ...tool };
}

const FINAL = { retryable: false, exists: 'nothing' } as const;

/** For a cluster with a release image of its own: the image that an operator has set for all others is not used. */
export function withoutImageVariable(context: ClusterJobContext): ClusterJobContext {
  const { [RELEASE_IMAGE_VARIABLE]: _image, ...installerVariables } = context.installerVariables;
  return { ...context, installerVariables };
}
