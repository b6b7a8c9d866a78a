import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { CloudRejectedError, openSimulatedCloud, type SimulatedCloud } from '../cloud/simulated-cloud.ts';
import { CommandExit, INSTALLER_EXIT_CODES } from '../failures/command-exit.ts';
import { type InstallerLog, type LogConsole, openInstallerLog } from '../log/installer-log.ts';
import { readSandboxSettings, requireCloudDir, type SandboxSettings } from '../runtime/sandbox-settings.ts';
import { createTimeScale } from '../runtime/time-scale.ts';
import {
  INSTALLER_HELP,
  type InstallerArguments,
  type InstallerCommand,
  parseInstallerArguments,
} from './arguments.ts';
import { type CommandRun, startCommandRun } from './command-run.ts';
import {
  createIgnitionConfigsCommand,
  createInstallConfigCommand,
  createManifestsCommand,
} from './create-assets.ts';
import { createClusterCommand } from './create-cluster.ts';
import { destroyBootstrapCommand } from './destroy-bootstrap.ts';
import { destroyClusterCommand } from './destroy-cluster.ts';
import { detectCluster } from './detect-cluster.ts';
import { gatherBootstrapCommand } from './gather-bootstrap.ts';
import { type SandboxRelease, takeSandboxRelease } from './sandbox-release.ts';
import { waitForBootstrapCommand, waitForInstallCommand } from './wait-for.ts';

type CloudCommand = Exclude<InstallerCommand, 'version'>;

const COMMAND_HANDLERS: Readonly<Record<CloudCommand, (run: CommandRun) => Promise<void>>> = {
  'create install-config': createInstallConfigCommand,
  'create manifests': createManifestsCommand,
  'create ignition-configs': createIgnitionConfigsCommand,
  'create cluster': createClusterCommand,
  'destroy cluster': destroyClusterCommand,
  'destroy bootstrap': destroyBootstrapCommand,
  'wait-for bootstrap-complete': waitForBootstrapCommand,
  'wait-for install-complete': waitForInstallCommand,
  'gather bootstrap': gatherBootstrapCommand,
};

/** The cloud that the installer works on. */
export interface InstallerCloud {
  /** Logged by every command. */
  readonly notice: string;
  /** `dir`: folder of the faults and the running installers. @throws CommandExit */
  open(dir: string, caller: InstallerCommand): SimulatedCloud;
}

const FOLDER_CLOUD: InstallerCloud = {
  notice: 'This is the ocpctl sandbox: no cloud is touched',
  open: (dir, caller) => openSimulatedCloud(dir, { caller }),
};

/** What the installer needs from its process. */
export interface InstallerHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the executable. */
  readonly argv0: string;
  writeStdout(text: string): void;
  readonly stderr: LogConsole;
  /** Default: the simulated cloud in the folder OCPCTL_SANDBOX_CLOUD. */
  readonly cloud?: InstallerCloud;
  /** Called before the first step of a command. */
  onRun?(run: CommandRun): void;
}

/** Runs one command of openshift-install. @returns the exit code */
export async function runInstaller(argv: readonly string[], host: InstallerHost): Promise<number> {
  const log = openInstallerLog(undefined, 'info', host.stderr);
  try {
    const { release, rest } = takeSandboxRelease(argv);
    const parsed = parseInstallerArguments(rest);
    if (parsed === 'help') {
      host.writeStdout(INSTALLER_HELP);
      return INSTALLER_EXIT_CODES.ok;
    }
    const { command } = parsed;
    const settings = readSandboxSettings(host.env);
    const cloud = host.cloud ?? FOLDER_CLOUD;
    if (command !== 'version')
      return await runCommand({ ...parsed, command, release }, settings, cloud, host);
    host.writeStdout(renderVersion(host.argv0, settings.version, release));
    log.warning(cloud.notice);
    return INSTALLER_EXIT_CODES.ok;
  } catch (thrown) {
    return logCommandError(log, thrown);
  }
}

async function runCommand(
  {
    command,
    dir,
    level,
    skipPasswordPrint,
    release,
  }: InstallerArguments & { command: CloudCommand; release: SandboxRelease },
  { cloudDir, speed, version }: SandboxSettings,
  installerCloud: InstallerCloud,
  { stderr, onRun }: InstallerHost,
): Promise<number> {
  const path = resolve(dir);
  mkdirSync(path, { recursive: true, mode: 0o750 });
  const log = openInstallerLog(path, level, stderr);
  log.debug(`OpenShift Installer ${version}`);
  log.debug(`Built from commit ${commitOf(version)}`);
  let run: CommandRun | undefined;
  try {
    const requiredCloudDir = requireCloudDir(cloudDir);
    log.warning(installerCloud.notice);
    const cloud = installerCloud.open(requiredCloudDir, command);
    const timeScale = createTimeScale(speed);
    run = startCommandRun({ command, dir: path, log, timeScale, cloud, version, release, skipPasswordPrint });
    onRun?.(run);
    detectCluster(run);
    await run.injectFaults('start');
    await COMMAND_HANDLERS[command](run);
    return INSTALLER_EXIT_CODES.ok;
  } catch (thrown) {
    return logCommandError(log, thrown);
  } finally {
    await run?.localControlPlane?.stop();
    run?.registration?.remove();
    log.close();
  }
}

/** @returns the exit code */
function logCommandError(log: InstallerLog, thrown: unknown): number {
  if (thrown instanceof CommandExit) {
    for (const line of thrown.lines) log.write(line);
    return thrown.exitCode;
  }
  if (thrown instanceof CloudRejectedError) {
    log.write({ level: 'fatal', message: thrown.message });
    return INSTALLER_EXIT_CODES.fatal;
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  log.write({ level: 'fatal', message: `unexpected error of the sandbox: ${message}` });
  return INSTALLER_EXIT_CODES.fatal;
}

function renderVersion(argv0: string, version: string, { architecture, image }: SandboxRelease): string {
  const ofVersion = `quay.io/openshift-release-dev/ocp-release@sha256:${hash(`release ${version}`)}`;
  return [
    `${argv0} ${version}`,
    `built from commit ${commitOf(version)}`,
    `release image ${image ?? ofVersion}`,
    `release architecture ${architecture}`,
    '',
  ].join('\n');
}

function commitOf(version: string): string {
  return hash(`commit ${version}`).slice(0, 40);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
