#!/usr/bin/env node
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { CloudRejectedError, openSimulatedCloud, type SimulatedCloud } from './cloud/simulated-cloud.ts';
import { CommandExit, INSTALLER_EXIT_CODES } from './failures/command-exit.ts';
import {
  INSTALLER_HELP,
  type InstallerArguments,
  type InstallerCommand,
  parseInstallerArguments,
} from './installer/arguments.ts';
import { type CommandRun, startCommandRun } from './installer/command-run.ts';
import {
  createIgnitionConfigsCommand,
  createInstallConfigCommand,
  createManifestsCommand,
} from './installer/create-assets.ts';
import { createClusterCommand } from './installer/create-cluster.ts';
import { destroyBootstrapCommand } from './installer/destroy-bootstrap.ts';
import { destroyClusterCommand } from './installer/destroy-cluster.ts';
import { detectCluster } from './installer/detect-cluster.ts';
import { gatherBootstrapCommand } from './installer/gather-bootstrap.ts';
import { handleSignals } from './installer/signals.ts';
import { commitOf, renderVersion, sandboxNotice } from './installer/version.ts';
import { waitForBootstrapCommand, waitForInstallCommand } from './installer/wait-for.ts';
import { type InstallerLog, type LogConsole, openInstallerLog } from './log/installer-log.ts';
import {
  readSandboxSettings,
  requireCloudDir,
  requireCredentials,
  type SandboxSettings,
} from './runtime/sandbox-settings.ts';
import { createTimeScale } from './runtime/time-scale.ts';

const COMMAND_HANDLERS: Readonly<
  Record<Exclude<InstallerCommand, 'version'>, (run: CommandRun) => Promise<void>>
> = {
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
/** 128 + SIGPIPE: a Go program dies when it writes to a closed stderr. */
const BROKEN_PIPE_EXIT_CODE = 141;

const stderr: LogConsole = {
  isTTY: process.stderr.isTTY === true,
  write: (text) => void process.stderr.write(text),
};

process.stderr.on('error', () => process.exit(BROKEN_PIPE_EXIT_CODE));
process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const log = openInstallerLog(undefined, 'info', stderr);
  try {
    const parsed = parseInstallerArguments(argv);
    if (parsed === 'help') {
      process.stdout.write(INSTALLER_HELP);
      return INSTALLER_EXIT_CODES.ok;
    }
    const settings = readSandboxSettings(process.env);
    if (parsed.command !== 'version')
      return await runCommand({ ...parsed, command: parsed.command }, settings);
    process.stdout.write(renderVersion(process.argv[1] ?? 'openshift-install', settings.version));
    log.warning(sandboxNotice(settings.aws?.endpoint));
    return INSTALLER_EXIT_CODES.ok;
  } catch (thrown) {
    return reportCommandError(log, thrown);
  }
}

async function runCommand(
  {
    command,
    dir,
    level,
    skipPasswordPrint,
  }: InstallerArguments & { command: Exclude<InstallerCommand, 'version'> },
  settings: SandboxSettings,
): Promise<number> {
  const path = resolve(dir);
  mkdirSync(path, { recursive: true, mode: 0o750 });
  const log = openInstallerLog(path, level, stderr);
  log.debug(`OpenShift Installer ${settings.version}`);
  log.debug(`Built from commit ${commitOf(settings.version)}`);
  let run: CommandRun | undefined;
  try {
    const cloudDir = requireCloudDir(settings);
    log.warning(sandboxNotice(settings.aws?.endpoint));
    const cloud = await openCloudOf(settings, cloudDir, command);
    const timeScale = createTimeScale(settings.speed);
    run = startCommandRun({
      command,
      dir: path,
      log,
      timeScale,
      cloud,
      version: settings.version,
      skipPasswordPrint,
    });
    handleSignals(run);
    detectCluster(run);
    await run.injectFaults('start');
    await COMMAND_HANDLERS[command](run);
    return INSTALLER_EXIT_CODES.ok;
  } catch (thrown) {
    return reportCommandError(log, thrown);
  } finally {
    await run?.localControlPlane?.stop();
  }
}

async function openCloudOf(
  { aws }: SandboxSettings,
  dir: string,
  caller: InstallerCommand,
): Promise<SimulatedCloud> {
  if (aws === undefined) return openSimulatedCloud(dir, { caller });
  const { awsBackedCloud: awsCloud } = await import('./aws/aws-cloud.ts');
  return awsCloud({ ...aws, credentials: requireCredentials(aws), dir, caller });
}

/** Says why the command ends. @returns the exit code */
function reportCommandError(log: InstallerLog, thrown: unknown): number {
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
